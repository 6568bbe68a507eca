import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Client } from 'ssh2';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { partsOf } from '../../src/ssh/wire/parts.ts';
import type { Server } from '../rig/server.ts';
import { startSshd } from '../rig/sshd.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { connectTo, failure, finish } from './story.ts';
import { startRelay } from '../rig/relay.ts';

let sshd: Server;
before(async () => (sshd = await startSshd()));
after(async () => sshd[Symbol.asyncDispose]());

const credentials = () => ({ key: readPrivateKey(sshd.keyText) });
const unknown = { code: undefined, signal: undefined };

test('a cut connection ends everything that hangs on it, and nothing throws', async () => {
  await using relay = await startRelay(sshd.port);
  using connection = await connectTo({ port: relay.port, user: sshd.user }, credentials(), {
    knownHosts: sshd.knownHostsAt(relay.port),
  });
  const channel = await connection.exec('echo begun; cat >/dev/null; sleep 60');
  const output = finish(channel);
  const endless = (function* () {
    for (;;) yield Buffer.alloc(65_536);
  })();
  const upload = failure(pipeline(endless, channel.stdin), 'CONNECT');
  channel.stdout.once('data', () => relay.fail('reset'));
  const reason = await connection.lost;
  assert.match(String(reason), /The connection to web1 .* was lost: (?:read|write) (?:ECONNRESET|EPIPE)/);
  assert.deepEqual(await channel.exit, unknown);
  assert.equal((await output).stdout, 'begun\n');
  assert.equal(await upload, reason);
  assert.equal(await failure(connection.exec('true'), 'CONNECT'), reason);
  channel.stdin.write('late');
  channel.stdin.end();
});

test('a server that closes in the middle is noticed, with output unread', async () => {
  await using server = await startSshServer({
    exec: (channel, _command, connection) => channel.write(Buffer.alloc(100_000), () => connection.end()),
  });
  using connection = await connectTo(server, { password: 'x' }, { knownHosts: server.knownHosts });
  const channel = await connection.exec('anything');
  assert.match(String(await connection.lost), /was lost: the other side closed it/);
  assert.deepEqual(await channel.exit, unknown);
  assert.equal((await finish(channel)).stdout.length, 100_000);
});

test('a network that goes silent is noticed when six signs of life went without an answer', async () => {
  await using relay = await startRelay(sshd.port);
  const known = { knownHosts: sshd.knownHostsAt(relay.port) };
  using connection = await connectTo({ port: relay.port, user: sshd.user }, credentials(), known, { keepalive: 200 });
  const channel = await connection.exec('cat');
  const began = performance.now();
  relay.fail('stall');
  assert.match(String(await connection.lost), /was lost: Keepalive timeout/);
  assert.ok(performance.now() - began >= 800);
  assert.deepEqual(await channel.exit, unknown);
  await finish(channel);
});

test('a connection over a network that is only slow is kept', async () => {
  await using server = await startSshServer({
    exec: (channel) => setTimeout(() => channel.end('done', () => channel.exit(0)), 300),
  });
  using connection = await connectTo(server, { password: 'x' }, { knownHosts: server.knownHosts }, { keepalive: 200 });
  assert.equal((await finish(await connection.exec('sleep'))).stdout, 'done');
});

test('a server whose answers are held back is there as long as it says anything else', async () => {
  await using server = await startSshServer({
    exec: (channel, _command, connection) => {
      partsOf(connection as unknown as Client)._protocol.requestFailure = () => undefined;
      let said = 0;
      const saying = setInterval(() => {
        channel.write('.');
        said += 1;
        if (said < 75) return;
        clearInterval(saying);
        channel.exit(0);
        channel.end();
      }, 20);
      channel.on('close', () => clearInterval(saying));
    },
  });
  using connection = await connectTo(server, { password: 'x' }, { knownHosts: server.knownHosts }, { keepalive: 100 });
  assert.equal((await finish(await connection.exec('anything'))).stdout, '.'.repeat(75));
});

test('losing a hop is losing the target, and the reason says so', async () => {
  await using relay = await startRelay(sshd.port);
  const knownHosts = `${sshd.knownHosts}\n${sshd.knownHostsAt(relay.port)}`;
  const proxyJump = [{ host: '127.0.0.1', port: relay.port, user: sshd.user }];
  using connection = await connectTo({ ...sshd, proxyJump }, credentials(), { knownHosts });
  const channel = await connection.exec('cat');
  relay.fail('reset');
  assert.match(
    String(await connection.lost),
    /connection to web1 .* was lost: The connection to jump host .* was lost/,
  );
  assert.deepEqual(await channel.exit, unknown);
  await finish(channel);
});

test('ending is no loss, and frees programs that still run', async () => {
  for (const proxyJump of [[], [{ host: sshd.host, port: sshd.port, user: sshd.user }]]) {
    const connection = await connectTo({ ...sshd, proxyJump }, credentials(), { knownHosts: sshd.knownHosts });
    const channel = await connection.exec('sleep 60');
    connection.end();
    assert.equal(await connection.lost, undefined);
    assert.deepEqual(await channel.exit, unknown);
    await finish(channel);
    assert.match((await failure(connection.exec('true'), 'CONNECT')).message, /already ended/);
    connection.end();
  }
});

for (const network of ['working', 'silent', 'silent, through a hop'] as const) {
  test(`after end() nothing keeps the process alive, over a ${network} network`, async () => {
    const script = new URL('end-and-exit.ts', import.meta.url).pathname;
    const input = JSON.stringify({
      network,
      port: sshd.port,
      user: sshd.user,
      file: sshd.key.file,
      knownHosts: sshd.knownHosts,
    });
    const args = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', script, input];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    assert.match(stdout, /^\d{1,4}$/, 'It lived on for ten seconds or more');
  });
}
