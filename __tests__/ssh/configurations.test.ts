import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { startAgent } from '../rig/agent.ts';
import { fingerprintOf } from '../rig/keys.ts';
import type { Server } from '../rig/server.ts';
import { startSshd } from '../rig/sshd.ts';
import { until } from '../rig/until.ts';
import { connectTo, failure, memoryLog, run } from './story.ts';

/** What sshd_config can ask for, each against a real sshd. */
const keyOf = (server: Server) => ({ key: readPrivateKey(server.keyText) });

test("a fingerprint may be of any of the server's keys; what has none is shown in full", async () => {
  await using server = await startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
  const lines = server.knownHosts.split('\n');
  for (const line of lines) {
    const print = fingerprintOf(line.split(' ').slice(1).join(' '));
    const log = memoryLog();
    using connection = await connectTo(server, keyOf(server), { fingerprint: `256 ${print} root@web1 (RSA)` }, { log });
    assert.equal(connection.address.port, server.port);
    assert.deepEqual(
      log.lines.filter((each) => each.includes('Trying again')),
      [],
    );
  }
  const { message } = await failure(
    connectTo(server, keyOf(server), { fingerprint: `SHA256:${'A'.repeat(43)}` }),
    'HOST_KEY',
  );
  assert.match(message, /does not show the host key that it should have, SHA256:A{43} \(fingerprint\)/);
  for (const line of lines) assert.ok(message.split('\n').includes(line), message);
});

const configurations: readonly (readonly [
  name: string,
  config: string,
  code: 'CONNECT' | 'HOST_KEY',
  message: RegExp,
])[] = [
  [
    'that signs with SHA-1 only is no impostor',
    'HostKeyAlgorithms ssh-rsa',
    'CONNECT',
    /signs with its RSA key by SHA-1 only \(it offers ssh-rsa\).*ssh-keygen -A/,
  ],
  [
    'that takes post-quantum key exchange only is not told to update',
    'KexAlgorithms sntrup761x25519-sha512@openssh.com',
    'CONNECT',
    /takes post-quantum key exchange only \(sntrup761[^)]*\).*add curve25519-sha256 to KexAlgorithms/,
  ],
];
for (const [name, config, code, message] of configurations) {
  test(`a server ${name}`, async () => {
    await using server = await startSshd({ hostKeys: ['rsa'], config: [config] });
    for (const known of [{ knownHosts: server.knownHosts }, {}]) {
      const error = await failure(connectTo(server, keyOf(server), known), code);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /another machine answers|Update the SSH server, or allow/);
    }
  });
}

test('a server that takes and makes signatures of RSA keys by SHA-512 only is spoken with', async () => {
  const config = ['PubkeyAcceptedAlgorithms rsa-sha2-512', 'HostKeyAlgorithms rsa-sha2-512'];
  await using server = await startSshd({ hostKeys: ['rsa'], userKey: 'rsa', config });
  await using agent = await startAgent();
  await agent.add(server.key.file);
  for (const credentials of [keyOf(server), { agent: agent.path }]) {
    using connection = await connectTo(server, credentials, server, { early: true });
    assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
  }
  assert.doesNotMatch(server.log(), /Failed/);
});

test('a server that wants the password before the key gets both, and neither twice', async () => {
  const password = 'hunter2';
  await using server = await startSshd({ password, config: ['AuthenticationMethods password,publickey'] });
  using connection = await connectTo(server, { ...keyOf(server), password }, { knownHosts: server.knownHosts });
  assert.equal(connection.keyFingerprint, readPrivateKey(server.keyText).fingerprint);
  await until('sshd logs the password', () => server.log().includes('Partial password'));
  assert.equal(server.log().match(/Failed password/g), null, server.log());
});

test('an agent without keys, and one with more keys than a server lets anybody try, are called what they are', async () => {
  await using server = await startSshd({ config: ['MaxAuthTries 2'] });
  await using agent = await startAgent();
  const { path } = agent;
  const known = { knownHosts: server.knownHosts };
  const refused = async (): Promise<string> =>
    (await failure(connectTo(server, { agent: path }, known), 'AUTH')).message;
  assert.match(await refused(), /The agent holds no key that can be used: add one by `ssh-add`/);
  for (let count = 0; count < 7; count += 1) await agent.add();
  assert.match(await refused(), /The agent holds 7 keys, and this server ends the login .* only 6 were tried/);
});

test('the right key of an agent may be the seventh: what a server lets nobody try at once is tried in two logins', async () => {
  await using server = await startSshd();
  await using agent = await startAgent();
  for (let count = 0; count < 6; count += 1) await agent.add();
  await agent.add(server.key.file);
  const log = memoryLog();
  for (const early of [true, false]) {
    using connection = await connectTo(server, { agent: agent.path }, server, { log, early });
    assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
    assert.equal(connection.keyFingerprint, server.key.fingerprint);
  }
  assert.match(log.lines.join('\n'), /ended the login after 6 keys of the agent \(MaxAuthTries\): offering the others/);
});
