import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { proposal } from '../../src/ssh/algorithms.ts';
import type { Credentials } from '../../src/ssh/credentials.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import type { Server } from '../rig/server.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { startSshd } from '../rig/sshd.ts';
import { innards, type ServerProtocol } from './innards.ts';
import { connectTo, failure, finish, run } from './story.ts';
import { listen } from './tcp.ts';

let honest: Server;
before(async () => void (honest = await startSshd()));
after(async () => honest[Symbol.asyncDispose]());

const credentials: Credentials = { password: 'x' };

/** Whoever else is connected goes on meanwhile. */
async function beside<T>(work: Promise<T>): Promise<T> {
  using connection = await connectTo(honest, { key: readPrivateKey(honest.keyText) }, honest);
  assert.equal((await run(connection, 'echo here')).stdout, 'here\n');
  return await work;
}

const channelFaults: readonly (readonly [string, (protocol: ServerProtocol) => void, RegExp])[] = [
  [
    'packets of no bytes',
    (protocol) => {
      const confirm = protocol.channelOpenConfirm.bind(protocol);
      protocol.channelOpenConfirm = (remote, local, window) => confirm(remote, local, window, 0);
    },
    /opens a channel with packets of 0 bytes/,
  ],
  [
    'packets of a few bytes',
    (protocol) => {
      const confirm = protocol.channelOpenConfirm.bind(protocol);
      protocol.channelOpenConfirm = (remote, local, window) => confirm(remote, local, window, 1023);
    },
    /opens a channel with packets of 1023 bytes/,
  ],
  [
    'more output than the window allows',
    (protocol) => {
      const confirm = protocol.channelSuccess.bind(protocol);
      protocol.channelSuccess = (channel) => {
        confirm(channel);
        for (let sent = 0; sent < 5_000_000; sent += 32_000) protocol.channelData(channel, Buffer.alloc(32_000));
      };
    },
    /sends more on a channel than it was allowed to/,
  ],
  [
    'more error output than the window allows',
    (protocol) => {
      const confirm = protocol.channelSuccess.bind(protocol);
      protocol.channelSuccess = (channel) => {
        confirm(channel);
        for (let sent = 0; sent < 5_000_000; sent += 32_000) protocol.channelExtData(channel, Buffer.alloc(32_000), 1);
      };
    },
    /sends more on a channel than it was allowed to/,
  ],
];
for (const [name, harm, message] of channelFaults) {
  test(`a channel with ${name} ends the connection, and nothing else`, async () => {
    await using server = await startSshServer({
      connected: (connection) => harm(innards(connection)),
      exec: () => undefined,
    });
    const connection = await connectTo(server, credentials, server);
    const channel = connection.exec('cat').then(
      (opened) => opened.stdin.write('hello'),
      () => undefined,
    );
    const lost = await beside(connection.lost);
    await channel;
    assert.match(lost?.message ?? '', message);
    await failure(connection.exec('true'), 'CONNECT');
  });
}

test('what waits for a server that reads nothing stays small, whatever window it announces', async () => {
  await using server = await startSshServer({
    connected: (connection) => {
      const protocol = innards(connection);
      const confirm = protocol.channelOpenConfirm.bind(protocol);
      protocol.channelOpenConfirm = (remote, local, _, packet) => confirm(remote, local, 2 ** 32 - 1, packet);
    },
    exec: (_, __, connection) => innards(connection).stream.pause(),
  });
  using connection = await connectTo(server, credentials, server);
  const channel = await connection.exec('cat');
  let taken = 0;
  const chunk = Buffer.alloc(1_048_576);
  await new Promise<void>((resolve) => {
    const feed = (): void => {
      const full = setTimeout(resolve, 1_000);
      channel.stdin.write(chunk, (error) => {
        clearTimeout(full);
        taken += chunk.length;
        if (error === undefined || error === null) feed();
      });
    };
    feed();
    channel.stdin.once('close', resolve);
  });
  for (const each of server.connections) innards(each).stream.destroy();
  // What the kernel's buffers of both ends take comes on top.
  assert.ok(taken < 32 * 1_048_576, `${taken} bytes taken`);
});

test('a greeting without end is given up', async () => {
  const text = 'welcome to the jungle\r\n'.repeat(1_000);
  await using server = await listen((socket) => socket.write(text));
  const { message } = await beside(failure(connectTo(server, credentials, {}), 'CONNECT'));
  assert.match(message, /answers on port \d+, but not as an SSH server: "welcome to the jungle/);
  assert.ok(message.length < 500);
  assert.equal(server.count(), 1);
});

test('whoever answers chooses no group: Diffie-Hellman over finite fields is not offered', () => {
  const { kex } = proposal(['ssh-ed25519']);
  assert.deepEqual(
    (kex as readonly string[]).filter((name) => name.startsWith('diffie-hellman')),
    [],
  );
});

test('keys of the exchange that have a wrong length or no valid value are refused, and not tried again', async () => {
  for (const key of [Buffer.alloc(0), Buffer.alloc(31, 9), Buffer.alloc(33, 9), Buffer.alloc(32)]) {
    await using server = await startSshServer({
      algorithms: { kex: ['curve25519-sha256'] },
      connected: (connection) => innards(connection).onExchange((exchange) => (exchange.getPublicKey = () => key)),
    });
    const { message } = await failure(connectTo(server, credentials, server), 'CONNECT');
    assert.match(message, /^The SSH handshake with web1 .* failed: /, String(key.length));
    assert.equal(server.connections.length, 1, message);
    assert.deepEqual(server.asked, []);
  }
});

test('output within the window arrives whole', async () => {
  using connection = await connectTo(honest, { key: readPrivateKey(honest.keyText) }, honest);
  const channel = await connection.exec('head -c 9000000 /dev/zero');
  assert.equal((await finish(channel)).stdout.length, 9_000_000);
});
