import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { startRelay, type Relay } from './relay.ts';
import { portOf } from './server.ts';

/** A server that sends back what it gets, and a relay before it. */
async function startEcho(delay = 0): Promise<Relay> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return startRelay(portOf(server), delay);
}

function open(relay: Relay): Socket {
  return connect({ port: relay.port, host: '127.0.0.1', noDelay: true });
}

async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('what comes late comes in order, the end last', async () => {
  await using relay = await startEcho(20);
  const sent = Buffer.alloc(3_000_000, 0).map((_, at) => at % 251);
  const socket = open(relay);
  for (let at = 0; at < sent.length; at += 70_001) socket.write(sent.subarray(at, at + 70_001));
  socket.end();
  assert.ok((await everything(socket)).equals(sent));
  assert.deepEqual(relay.bytes, { up: sent.length, down: sent.length });
  assert.equal(relay.connections, 1);
});

for (const fault of ['cut', 'reset'] as const) {
  test(`a ${fault} comes after exactly the bytes that were asked for`, async () => {
    await using relay = await startEcho();
    const failed = relay.failAfter('up', 1000, fault);
    const socket = open(relay);
    const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
    socket.write(Buffer.alloc(5000));
    await Promise.all([failed, closed]);
    assert.equal(relay.bytes.up, 1000);
    assert.equal(relay.open, 0);
    relay.refusing = true;
    const refused = open(relay);
    await assert.rejects(once(refused, 'end'), { code: 'ECONNRESET' });
  });
}

test('a stall lets nothing pass and closes nothing, until it ends', async () => {
  await using relay = await startEcho();
  const socket = open(relay);
  const failed = relay.failAfter('down', 4, 'stall');
  socket.write('one two');
  const [first] = (await once(socket, 'data')) as [Buffer];
  await failed;
  assert.equal(first.toString(), 'one ');
  assert.equal(relay.open, 1);
  relay.resume();
  const [second] = (await once(socket, 'data')) as [Buffer];
  assert.equal(second.toString(), 'two');
  socket.destroy();
});
