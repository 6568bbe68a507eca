import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Connection } from '../../src/ssh/connection-types.ts';
import type { Credentials } from '../../src/ssh/credentials.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { isChannelRefused } from '../../src/ssh/channel-refused.ts';
import { startDropbear } from '../rig/dropbear.ts';
import { generateKey } from '../rig/keys.ts';
import { findProgram } from '../rig/program.ts';
import { startRelay } from '../rig/relay.ts';
import type { Server } from '../rig/server.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { startSshd, type SshdOptions } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { fewestTrips, startTripCounter } from '../rig/trip-counter.ts';
import { until } from '../rig/until.ts';
import { innards } from './innards.ts';
import { connectTo, failure, finish, memoryLog, run } from './story.ts';

const credentialsOf = (server: Server): Credentials => ({ key: readPrivateKey(server.keyText) });
const early = async (server: Server, credentials: Credentials): Promise<Connection & Disposable> =>
  connectTo(server, credentials, server, { early: true });
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

for (const [name, start, failed] of [
  ['sshd', startSshd, /Failed publickey/g],
  ['dropbear', startDropbear, /Pubkey auth attempt with unknown algo|Exit before auth/g],
] as const) {
  describe(name, () => {
    test('a program starts before the server has let the user in, a second one beside it', async () => {
      await using server = await start();
      using connection = await early(server, credentialsOf(server));
      assert.equal(connection.keyFingerprint, server.key.fingerprint);
      let isReady = false;
      void connection.ready.then(() => (isReady = true));
      const first = connection.exec('cat');
      assert.equal(isReady, false);
      const second = await run(connection, 'echo second');
      const channel = await first;
      channel.stdin.end('first');
      assert.deepEqual([(await finish(channel)).stdout, second.stdout], ['first', 'second\n']);
      await connection.ready;
    });

    test('a refused key is told as ever, after one failed login', async () => {
      await using server = await start();
      await using directory = await temporaryDirectory('key');
      const other = readPrivateKey((await generateKey(join(directory.path, 'other'))).text);
      using connection = await early(server, { key: other });
      const { message } = await failure(connection.exec('touch began'), 'AUTH');
      assert.ok(message.split('\n').includes(other.publicKeyLine), message);
      assert.equal((await connection.lost)?.message, message);
      assert.equal((await failure(connection.exec('true'), 'AUTH')).message, message);
      await failure(connection.ready, 'AUTH');
      assert.ok(count(server.log(), failed) <= 1, server.log());
      assert.equal(await server.sh('ls'), '');
    });

    test('what follows a login costs no round trip of its own', async () => {
      await using server = await start();
      await using counter = await startTripCounter(server.port);
      const knownHosts = server.knownHostsAt(counter.port);
      const echo = async (isEarly: boolean): Promise<void> => {
        const where = { ...server, port: counter.port };
        using connection = await connectTo(where, credentialsOf(server), { knownHosts }, { early: isEarly });
        assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
      };
      const together = await fewestTrips(counter, async () => echo(true), 3);
      // dropbear says what it speaks without waiting for the client, which saves half of one.
      assert.ok(together <= 3, String(together));
      assert.equal(await fewestTrips(counter, async () => echo(false), together + 1), together + 1);
    });
  });
}

interface Login {
  readonly options?: SshdOptions;
  readonly credentials: (server: Server) => Credentials | Promise<Credentials>;
  /** What sshd's log holds of it, and how often. */
  readonly logged: readonly (readonly [pattern: RegExp, times: number])[];
}

const otherKey = async (): Promise<Credentials> => {
  await using directory = await temporaryDirectory('key');
  return { key: readPrivateKey((await generateKey(join(directory.path, 'other'))).text) };
};
const password = 'hunter2';
const logins: Readonly<Record<string, Login>> = {
  'an RSA key, by SHA-512': {
    options: { userKey: 'rsa', config: ['PubkeyAcceptedAlgorithms rsa-sha2-512'] },
    credentials: credentialsOf,
    logged: [[/Accepted publickey/g, 1]],
  },
  'an ECDSA key': { options: { userKey: 'ecdsa' }, credentials: credentialsOf, logged: [[/Accepted publickey/g, 1]] },
  'a password alone': {
    options: { password },
    credentials: () => ({ password }),
    logged: [
      [/Accepted password/g, 1],
      [/Failed/g, 0],
    ],
  },
  'a password after a refused key': {
    options: { password },
    credentials: async () => ({ ...(await otherKey()), password }),
    logged: [
      [/Failed publickey/g, 1],
      [/Accepted password/g, 1],
    ],
  },
  'a key and then a password': {
    options: { password, config: ['AuthenticationMethods publickey,password'] },
    credentials: (server) => ({ ...credentialsOf(server), password }),
    logged: [
      [/Partial publickey/g, 1],
      [/Accepted password/g, 1],
    ],
  },
  'a key where one try is allowed': {
    options: { config: ['MaxAuthTries 1'] },
    credentials: credentialsOf,
    logged: [[/Accepted publickey/g, 1]],
  },
};
for (const [name, { options, credentials, logged }] of Object.entries(logins)) {
  test(`${name} opens an early connection to sshd`, async () => {
    await using server = await startSshd({ ...options, config: [...(options?.config ?? []), 'LogLevel VERBOSE'] });
    using connection = await early(server, await credentials(server));
    assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
    for (const [pattern, times] of logged) {
      await until(`sshd logs ${String(pattern)}`, () => count(server.log(), pattern) >= times);
      assert.equal(count(server.log(), pattern), times, server.log());
    }
  });
}

test('a key that is not enough, or one try too many, is told by what it is', async () => {
  await using server = await startSshd({ password, config: ['AuthenticationMethods publickey,password'] });
  using connection = await early(server, credentialsOf(server));
  assert.match(
    (await failure(connection.exec('true'), 'AUTH')).message,
    /but asks for more\. It takes password as well/,
  );
  await using strict = await startSshd({ config: ['MaxAuthTries 1'] });
  using refused = await early(strict, await otherKey());
  const { message } = await failure(refused.exec('true'), 'AUTH');
  assert.match(message, /does not let \S+ in with the key SHA256:/);
  assert.equal(count(strict.log(), /Failed publickey/g) <= 1, true);
});

test('an agent is asked for one signature, with the key that the server takes', async () => {
  await using directory = await temporaryDirectory('agent');
  await using server = await startSshd({ config: ['LogLevel VERBOSE'] });
  const socket = join(directory.path, 'socket');
  const agent = spawn(await findProgram('ssh-agent', 'openssh-client'), ['-D', '-a', socket]);
  try {
    await once(agent.stdout, 'data');
    const add = await findProgram('ssh-add', 'openssh-client');
    const other = await generateKey(join(directory.path, 'other'));
    for (const file of [other.file, server.key.file])
      await promisify(execFile)(add, ['-q', file], { env: { SSH_AUTH_SOCK: socket } });
    using connection = await early(server, { agent: socket });
    assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
    await until('sshd logs it', () => count(server.log(), /Failed publickey/g) > 0);
    assert.equal(count(server.log(), /Failed publickey/g), 1, server.log());
  } finally {
    agent.kill();
  }
});

test('a server that allows no session says so', async () => {
  await using server = await startSshd({ maxSessions: 0 });
  using connection = await early(server, credentialsOf(server));
  const refused = await failure(connection.exec('true'), 'TARGET');
  assert.ok(isChannelRefused(refused));
  assert.match(refused.message, /MaxSessions/);
});

test('a target behind a jump host is connected to early too', async () => {
  await using server = await startSshd();
  const hop = { host: server.host, port: server.port, user: server.user };
  const route = { ...server, proxyJump: [hop] };
  using connection = await connectTo(route, credentialsOf(server), { knownHosts: server.knownHosts }, { early: true });
  assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
});

test('no answer to the login is a lost connection, and is not tried again: the program may have run', async () => {
  for (const fault of ['timeout', 'cut'] as const) {
    let asked = 0;
    await using server = await startSshServer({
      ident: 'OpenSSH_9.9',
      banner: 'Authorized use only',
      connected: (connection) => (innards(connection).channelOpenFail = () => undefined),
      authenticate: () => {
        asked += 1;
        if (fault === 'cut') relay.fail('cut');
      },
    });
    await using relay = await startRelay(server.port);
    const knownHosts = server.knownHosts.replace(String(server.port), String(relay.port));
    const log = memoryLog();
    const key = (await otherKey()).key;
    const options = { early: true, connectTimeout: 3, log };
    using connection = await connectTo({ port: relay.port }, { key }, { knownHosts }, options);
    await failure(connection.exec('true'), 'CONNECT');
    await failure(connection.exec('true'), 'CONNECT');
    assert.deepEqual([asked, server.connections.length], [1, 1]);
    assert.equal(count(log.lines.join('\n'), /Trying again/g), 0);
  }
});

test('a server that numbers its channels in another way is not asked twice', async () => {
  const ran: string[] = [];
  await using server = await startSshServer({
    ident: 'OpenSSH_9.9',
    connected: (connection) => {
      const { _chanMgr: channels } = connection as unknown as { _chanMgr: { _cur: number } };
      channels._cur = 4;
    },
    exec: (_, command) => ran.push(command),
  });
  using connection = await connectTo(server, await otherKey(), server, { early: true });
  const { message } = await failure(connection.exec('true'), 'CONNECT');
  assert.match(message, /numbers its first channel 5|No response|closed/);
  await server.closed();
  assert.deepEqual(ran, []);
});
