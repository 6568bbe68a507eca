import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import type { Algorithms } from 'ssh2';
import { proposal } from '../../src/ssh/algorithms.ts';
import type { Log } from '../../src/log.ts';
import type { Credentials } from '../../src/ssh/credentials.ts';
import { startRelay } from '../rig/relay.ts';
import { portOf } from '../rig/server.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { connectTo, failure, memoryLog } from './story.ts';
import { listen, type TcpServer } from './tcp.ts';
import { until } from '../rig/until.ts';

const credentials: Credentials = { password: 'x' };
const retries = (lines: readonly string[]): number =>
  lines.filter((line) => line.includes('Trying again in 0.0 s')).length;

let closedPort: number;
before(async () => {
  await using server = await listen(() => undefined);
  closedPort = server.port;
});

test('a port on which nobody listens is tried three times, and each retry is told', async () => {
  const log = memoryLog();
  const { message } = await failure(connectTo({ port: closedPort }, credentials, {}, { log }), 'CONNECT');
  assert.match(message, /^web1 \(127\.0\.0\.1:\d+\) refuses connections on port \d+\. Check that an SSH server runs/);
  assert.deepEqual(
    log.lines.map((line) => /\((\d of \d)\)\.$/.exec(line)?.[1]),
    ['2 of 3', '3 of 3'],
  );
});

test('pauses between attempts are about as long as asked, and longer the second time', async () => {
  const log = memoryLog();
  await failure(connectTo({ port: closedPort }, credentials, {}, { log, pause: 100 }), 'CONNECT');
  const [first = 0, second = 0] = log.lines.map((line) => Number(/Trying again in ([\d.]+) s/.exec(line)?.[1]));
  assert.ok(first >= 0.1 - 0.03 && first <= 0.13 && second >= 0.15 && second <= 0.25, String([first, second]));
});

test('a name that cannot be looked up is named', async () => {
  const log = memoryLog();
  const where = { host: 'host.invalid', port: 22 };
  const { message } = await failure(connectTo(where, credentials, {}, { log }), 'CONNECT');
  assert.match(
    message,
    /^web1 \(host\.invalid\): (?:there is no host named host\.invalid in the DNS|the DNS gave no answer)/,
  );
});

const welcomes: readonly (readonly [name: string, says: string, attempts: number, message: RegExp])[] = [
  ['closes at once', '', 3, /closed the connection before it identified itself.*MaxStartups.*fail2ban/],
  ['has too many logins', 'Exceeded MaxStartups\r\n', 3, /too many logins at once \("Exceeded MaxStartups"\)/],
  ['punishes', 'Not allowed at this time\r\n', 1, /turns the runner away for a while.*PerSourcePenalties/],
  ['speaks SMTP', '220 mail ESMTP\r\n', 1, /answers on port \d+, but not as an SSH server: "220 mail ESMTP"/],
];
for (const [name, says, attempts, message] of welcomes) {
  test(`a server that ${name} is named, after ${attempts} attempt(s)`, async () => {
    await using server = await listen((socket) => socket.end(says));
    const log = memoryLog();
    const error = await failure(connectTo(server, credentials, {}, { log }), 'CONNECT');
    assert.match(error.message, message);
    assert.equal(server.count(), attempts);
    assert.equal(retries(log.lines), attempts - 1);
  });
}

test('a web server is not taken for an SSH server', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { message } = await failure(connectTo({ port: portOf(server) }, credentials, {}), 'CONNECT');
    assert.match(message, /not as an SSH server: "HTTP\/1\.1 400 Bad Request/);
  } finally {
    server.close();
  }
});

test('a connection that is reset before the server identified itself is tried again, and may then succeed', async () => {
  await using server = await startSshServer();
  await using relay = await startRelay(server.port);
  relay.refusing = true;
  const memory = memoryLog();
  const log: Log = {
    ...memory,
    info: (line) => {
      memory.info(line);
      relay.refusing = retries(memory.lines) < 2;
    },
  };
  const knownHosts = server.knownHosts.replace(String(server.port), String(relay.port));
  using connection = await connectTo({ port: relay.port }, credentials, { knownHosts }, { log });
  assert.match(connection.identification, /^SSH-2\.0-/);
  assert.equal(relay.connections, 3);
  assert.equal(retries(memory.lines), 2);
});

test('a server that says nothing is given up after connect-timeout, each time', async () => {
  await using server = await listen(() => undefined);
  const { message } = await failure(connectTo(server, credentials, {}, { connectTimeout: 0.1 }), 'CONNECT');
  assert.match(message, /accepts connections, but says nothing \(no answer within 0\.1 seconds \(connect-timeout\)\)/);
  assert.equal(server.count(), 3);
});

test('a server that stops in the middle is tried again, but not once a password went out', async () => {
  await using early = await listen((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
  const handshake = await failure(connectTo(early, credentials, {}, { connectTimeout: 0.1 }), 'CONNECT');
  assert.match(handshake.message, /^The SSH handshake with web1 .* failed: no answer within 0\.1 seconds/);
  assert.equal(early.count(), 3);
  for (const [method, connections] of [
    ['none', 3],
    ['password', 1],
  ] as const) {
    await using late = await startSshServer({
      authenticate: (context) => {
        if (context.method !== method) context.reject(['password']);
      },
    });
    const known = { knownHosts: late.knownHosts };
    const asking = await failure(connectTo(late, credentials, known, { connectTimeout: 2 }), 'CONNECT');
    assert.match(asking.message, /did not finish the login of deploy in time: no answer within 2 s.* UseDNS/);
    assert.equal(late.connections.length, connections);
  }
});

const old: readonly (readonly [Algorithms, RegExp])[] = [
  [{ kex: ['diffie-hellman-group14-sha1'] }, /have no key exchange in common\. It offers diffie-hellman-group14-sha1/],
  [{ cipher: ['aes128-cbc', '3des-cbc'] }, /have no C->S cipher in common\. It offers aes128-cbc, 3des-cbc;/],
  [{ cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] }, /have no C->S MAC in common\. It offers hmac-sha1;/],
];
for (const [algorithms, message] of old) {
  test(`a server that only speaks ${JSON.stringify(algorithms)} is told what it lacks`, async () => {
    await using server = await startSshServer({ algorithms });
    const error = await failure(connectTo(server, credentials, {}), 'CONNECT');
    assert.match(error.message, message);
    assert.equal(server.connections.length, 1);
  });
}

test('a server without a key of a known type is a host key failure', async () => {
  await using server = await startSshServer();
  const rsa = 'ssh-rsa AAAAB3NzaC1yc2EAAAAAAAAAAA==';
  const knownHosts = `[127.0.0.1]:${String(server.port)} ${rsa}`;
  const { message } = await failure(connectTo(server, credentials, { knownHosts }), 'HOST_KEY');
  assert.match(message, /has no host key of a known type \(ssh-rsa\), only ssh-ed25519/);
});

test('what is weak is not offered', () => {
  const { kex, cipher, hmac, compress, serverHostKey } = proposal(['ssh-ed25519']) as Record<string, string[]>;
  const all = [kex, cipher, hmac, serverHostKey].flat();
  assert.ok(all.length > 15);
  assert.deepEqual(
    all.filter((name) => /sha1$|sha1-|cbc|arcfour|md5|ssh-rsa|ssh-dss|group1-/.test(name ?? '')),
    [],
  );
  assert.deepEqual(compress, ['none']);
});

test('a signal cancels at once: before, while connecting, and between attempts', async () => {
  await failure(connectTo({ port: closedPort }, credentials, {}, { signal: AbortSignal.abort() }), 'CANCELLED');

  await using silent = await listen(() => undefined);
  const connecting = new AbortController();
  const first = failure(connectTo(silent, credentials, {}, { signal: connecting.signal }), 'CANCELLED');
  await arrival(silent);
  connecting.abort();
  assert.equal((await first).target, 'web1');
  assert.equal(silent.count(), 1);

  const waiting = new AbortController();
  const log = { ...memoryLog(), info: () => waiting.abort() };
  const options = { signal: waiting.signal, pause: 60_000, log };
  await failure(connectTo({ port: closedPort }, credentials, {}, options), 'CANCELLED');
});

test('a jump host whose way on is silent is given up in time', async () => {
  await using hop = await startSshServer({ connected: (connection) => connection.on('tcpip', () => undefined) });
  const proxyJump = [{ host: hop.host, port: hop.port, user: 'me' }];
  const route = { port: 1, proxyJump };
  const log = memoryLog();
  const known = { knownHosts: hop.knownHosts };
  const { message } = await failure(connectTo(route, credentials, known, { connectTimeout: 2, log }), 'CONNECT');
  assert.match(message, /^jump host .* finds no way to 127\.0\.0\.1:1: no answer within 2 seconds/);
  assert.equal(hop.connections.length, 1);
  assert.equal(retries(log.lines), 2);
});

async function arrival(server: TcpServer): Promise<void> {
  await until('somebody connects', () => server.count() > 0);
}
