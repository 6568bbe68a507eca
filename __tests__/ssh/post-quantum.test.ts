import assert from 'node:assert/strict';
import { test } from 'node:test';
import { speakPostQuantum } from '../rig/post-quantum.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { innards } from './innards.ts';
import { connectTo, failure, finish, memoryLog } from './story.ts';

const credentials = { password: 'x' };
const name = 'mlkem768x25519-sha256';

test('the key exchange is post-quantum where the server can, and the log names it; renewals are too', async () => {
  await using server = await startSshServer({
    connected: (connection) => speakPostQuantum(connection),
    exec: (channel, _, connection) => {
      const done = (): void => {
        channel.write('renewed');
        channel.exit(0);
        channel.end();
      };
      connection.rekey(done);
    },
  });
  const log = memoryLog();
  using connection = await connectTo(server, credentials, server, { log });
  assert.equal(connection.keyExchange, name);
  assert.equal((await finish(await connection.exec('true'))).stdout, 'renewed');
  assert.ok(
    log.lines.some((line) => line.includes(name)),
    log.lines.join('\n'),
  );
});

test('a server that cannot gets what it speaks', async () => {
  await using server = await startSshServer();
  using connection = await connectTo(server, credentials, server);
  assert.equal(connection.keyExchange, 'curve25519-sha256');
});

const spoilt: readonly (readonly [string, (answer: Buffer) => Buffer])[] = [
  ['nothing', () => Buffer.alloc(0)],
  ['one byte too few', (answer) => answer.subarray(1)],
  ['one byte too many', (answer) => Buffer.concat([answer, Buffer.alloc(1)])],
  ['another ciphertext', (answer) => Buffer.concat([Buffer.alloc(1088, 7), answer.subarray(1088)])],
  ['a point of low order', (answer) => Buffer.concat([answer.subarray(0, 1088), Buffer.alloc(32)])],
];
for (const [what, spoil] of spoilt) {
  test(`a server that answers ${what} is refused, and not asked again`, async () => {
    await using server = await startSshServer({ connected: (connection) => speakPostQuantum(connection, spoil) });
    const { message } = await failure(connectTo(server, credentials, server), 'CONNECT');
    assert.match(message, /^The SSH handshake with web1 .* failed: /);
    assert.equal(server.connections.length, 1);
    assert.deepEqual(server.asked, []);
  });
}

test('a server whose offer is cut off is refused', async () => {
  await using server = await startSshServer({
    connected: (connection) => void innards(connection).stream.write(Buffer.from('0000000c0a140000', 'hex')),
  });
  await failure(connectTo(server, credentials, server), 'CONNECT');
});
