import assert from 'node:assert/strict';
import { startAgent } from '../rig/agent.ts';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { isChannelRefused } from '../../src/ssh/channel-refused.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import type { Server } from '../rig/server.ts';
import { startSshd, type SshdOptions } from '../rig/sshd.ts';
import { connectTo, failure, finish, memoryLog, run } from './story.ts';

let sshd: Server;
before(async () => (sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa'] })));
after(async () => sshd[Symbol.asyncDispose]());

const credentialsOf = (server: Server, passphrase?: string) => ({ key: readPrivateKey(server.keyText, passphrase) });

const logins: readonly (readonly [string, SshdOptions])[] = [
  ['an Ed25519 key', { userKey: 'ed25519' }],
  ['an encrypted Ed25519 key', { userKey: 'ed25519', passphrase: 'correct horse' }],
  ['an ECDSA key', { userKey: 'ecdsa', hostKeys: ['ecdsa'] }],
  ['an RSA key, and to an RSA host key,', { userKey: 'rsa', hostKeys: ['rsa'] }],
];
for (const [name, options] of logins) {
  test(`${name} opens a connection to sshd`, async () => {
    await using server = await startSshd(options);
    const { knownHosts } = server;
    using connection = await connectTo(server, credentialsOf(server, options.passphrase), { knownHosts });
    assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
    assert.match(connection.identification, /^SSH-2\.0-OpenSSH_/);
    assert.equal(connection.keyFingerprint, server.key.fingerprint);
  });
}

test('the host key that known-hosts has is the one that the server is asked for', async () => {
  for (const knownHosts of sshd.knownHosts.split('\n')) {
    const log = memoryLog();
    using connection = await connectTo(sshd, credentialsOf(sshd), { knownHosts }, { log });
    assert.equal(connection.address.port, sshd.port);
    const type = knownHosts.split(' ')[1] ?? '';
    assert.ok(
      log.lines.some((line) => line.includes(type)),
      log.lines.join('\n'),
    );
  }
});

test('a fingerprint is enough', async () => {
  using connection = await connectTo(sshd, credentialsOf(sshd), { fingerprint: sshd.fingerprint });
  assert.equal((await run(connection, 'true')).code, 0);
});

test('an agent opens a connection', async () => {
  await using agent = await startAgent();
  await agent.add(sshd.key.file);
  using connection = await connectTo(sshd, { agent: agent.path }, { knownHosts: sshd.knownHosts });
  assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
  assert.equal(connection.keyFingerprint, sshd.key.fingerprint);
});

test('an agent that does not answer is named, with what the server would take', async () => {
  const { message } = await failure(connectTo(sshd, { agent: '/nowhere' }, { knownHosts: sshd.knownHosts }), 'AUTH');
  assert.match(message, /Failed to connect to agent \(\/nowhere\): is it running/);
});

test('a key that is not authorized is refused with the line to add', async () => {
  await using other = await startSshd();
  const { message, target } = await failure(
    connectTo(sshd, credentialsOf(other), { knownHosts: sshd.knownHosts }),
    'AUTH',
  );
  assert.equal(target, 'web1');
  assert.ok(message.includes(`does not let ${sshd.user} in with the key ${other.key.fingerprint} (ssh-ed25519)`));
  assert.ok(message.includes('It takes publickey.'));
  assert.ok(message.split('\n').includes(other.key.publicKey));
  assert.ok(message.includes(`~${sshd.user}/.ssh/authorized_keys`));
});

test('the words with which sshd ends too many attempts are passed on', async () => {
  await using server = await startSshd({ config: ['MaxAuthTries 1'] });
  const { message } = await failure(connectTo(server, credentialsOf(sshd), { knownHosts: server.knownHosts }), 'AUTH');
  assert.match(message, /It ended the connection \(Too many authentication failures\)\./);
});

test('a program gets its input, and its output and exit status come back', async () => {
  using connection = await connectTo(sshd, credentialsOf(sshd), { knownHosts: sshd.knownHosts });
  assert.deepEqual(await run(connection, 'cat; echo problem >&2; exit 3', 'input'), {
    code: 3,
    signal: undefined,
    stdout: 'input',
    stderr: 'problem\n',
  });
  assert.deepEqual(await run(connection, 'kill -9 $$'), { code: undefined, signal: 'SIGKILL', stdout: '', stderr: '' });
});

test('bytes pass unchanged and in full, in both directions', async () => {
  using connection = await connectTo(sshd, credentialsOf(sshd), { knownHosts: sshd.knownHosts });
  const channel = await connection.exec('cat');
  const sent = Buffer.alloc(8 * 1024 * 1024, Buffer.from([0, 255, 10, 13, 1, 2, 3]));
  const received: Buffer[] = [];
  channel.stdout.on('data', (data: Buffer) => received.push(data));
  channel.stderr.resume();
  await pipeline([sent], channel.stdin);
  await channel.closed;
  assert.ok(Buffer.concat(received).equals(sent));
});

test('the output of a program can be read in a loop', async () => {
  using connection = await connectTo(sshd, credentialsOf(sshd), { knownHosts: sshd.knownHosts });
  const channel = await connection.exec('seq 1 3');
  let text = '';
  for await (const chunk of channel.stdout) text += String(chunk);
  assert.equal(text, '1\n2\n3\n');
  assert.equal((await channel.exit).code, 0);
});

test('the exit is known while a child of the program still holds its output', async () => {
  using connection = await connectTo(sshd, credentialsOf(sshd), { knownHosts: sshd.knownHosts });
  const channel = await connection.exec('exec 3>&1; (read line <&0; echo late >&3) & exit 5');
  assert.equal((await channel.exit).code, 5);
});

test('a pipeline into a program that ends early fails instead of hanging', async () => {
  using connection = await connectTo(sshd, credentialsOf(sshd), { knownHosts: sshd.knownHosts });
  const channel = await connection.exec('head -c 1 >/dev/null; exit 4');
  const endless = (function* () {
    for (;;) yield Buffer.alloc(65_536);
  })();
  const { message } = await failure(pipeline(endless, channel.stdin), 'TARGET');
  assert.match(message, /ended before it read all of its input/);
  assert.equal((await channel.exit).code, 4);
});

test('a server that allows one session says so for the second, and the first goes on', async () => {
  await using server = await startSshd({ maxSessions: 1 });
  using connection = await connectTo(server, credentialsOf(server), { knownHosts: server.knownHosts });
  const first = await connection.exec('cat');
  const refused = await failure(connection.exec('true'), 'TARGET');
  assert.match(refused.message, /MaxSessions/);
  assert.ok(isChannelRefused(refused) && refused.cause instanceof Error);
  first.stdin.end('still here');
  assert.equal((await finish(first)).stdout, 'still here');
});

test('a chain of jump hosts is gone through, each with its own host key', async () => {
  await using inner = await startSshd();
  const hop = { host: sshd.host, port: sshd.port, user: sshd.user };
  // All take the same key: that of the first.
  await inner.sh(`cp ${sshd.key.file}.pub ../authorized_keys`);
  const route = { ...inner, proxyJump: [hop, hop] };
  const knownHosts = `${sshd.knownHosts}\n${inner.knownHosts}`;
  using connection = await connectTo(route, credentialsOf(sshd), { knownHosts });
  assert.equal((await run(connection, 'echo $SSH_CONNECTION')).stdout.split(' ').at(-1)?.trim(), String(inner.port));
  const { message } = await failure(
    connectTo(route, credentialsOf(sshd), { knownHosts: inner.knownHosts }),
    'HOST_KEY',
  );
  assert.match(message, new RegExp(`^jump host 127\\.0\\.0\\.1:${String(sshd.port)} is not in known-hosts`));
  const { fingerprint } = inner;
  assert.match(
    (await failure(connectTo(route, credentialsOf(sshd), { fingerprint }), 'INPUT')).message,
    /`known-hosts` for both/,
  );
});

test('a jump host that does not forward, or finds nobody, is named', async () => {
  await using closed = await startSshd({ config: ['AllowTcpForwarding no'] });
  const hop = { host: closed.host, port: closed.port, user: closed.user };
  const knownHosts = `${closed.knownHosts}\n${sshd.knownHosts}`;
  const refused = await failure(
    connectTo({ ...sshd, proxyJump: [hop] }, credentialsOf(closed), { knownHosts }),
    'CONNECT',
  );
  assert.match(refused.message, /^jump host .* does not forward connections .*AllowTcpForwarding/);
  const log = memoryLog();
  const route = { port: 1, proxyJump: [{ host: sshd.host, port: sshd.port, user: sshd.user }] };
  const nobody = await failure(connectTo(route, credentialsOf(sshd), { knownHosts }, { log }), 'CONNECT');
  assert.match(nobody.message, /^jump host .* cannot reach 127\.0\.0\.1:1: Connection refused/);
  assert.equal(log.lines.filter((line) => line.includes('Trying again')).length, 2);
});

test('IPv6 works', async () => {
  await using server = await startSshd({ config: ['ListenAddress ::1'] });
  const knownHosts = server.knownHosts.replaceAll('127.0.0.1', '::1');
  using connection = await connectTo({ ...server, host: '::1' }, credentialsOf(server), { knownHosts });
  assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
});
