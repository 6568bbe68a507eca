import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from '../../src/ssh/credentials.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { startAction } from '../rig/action.ts';
import { startRelay } from '../rig/relay.ts';
import type { Server } from '../rig/server.ts';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { connectTo, failure, memoryLog, run } from './story.ts';

let sshd: Server;
let credentials: Credentials;
before(async () => {
  sshd = await startSshd();
  credentials = { key: readPrivateKey(sshd.keyText) };
});
after(async () => sshd[Symbol.asyncDispose]());

const nc = 'busybox nc %h %p';
const hostKeys = (): { readonly knownHosts: string } => ({ knownHosts: sshd.knownHosts });

async function pidIn(file: string): Promise<number> {
  const pid = Number(await readFile(file, 'utf8'));
  assert.ok(pid > 1);
  return pid;
}

async function isGone(pidFile: string): Promise<boolean> {
  const pid = await pidIn(pidFile);
  for (let tries = 0; tries < 2400; tries += 1) {
    if (!existsSync(`/proc/${pid}`)) return true;
    await sleep(50);
  }
  return false;
}

test('the stream of a command leads to the server, whose host key is checked; it and its children end with it', async () => {
  await using directory = await temporaryDirectory('proxy');
  const pid = join(directory.path, 'pid');
  const proxyCommand = `echo 100%% for %r >&2; sleep 600 & echo $! > ${pid}; ${nc}`;
  const connection = await connectTo({ ...sshd, proxyCommand }, credentials, hostKeys(), { early: true });
  assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
  assert.equal((await run(connection, 'wc -c', 'x'.repeat(3_000_000))).stdout.trim(), '3000000');
  connection.end();
  assert.ok(await isGone(pid));
  await failure(connectTo({ ...sshd, proxyCommand: nc }, credentials, {}), 'HOST_KEY');
});

const failures: readonly (readonly [command: string, message: RegExp, attempts: number])[] = [
  [
    'echo no such tunnel >&2; exit 3',
    /The proxy command to web1 .* failed: it ended with status 3\. It said: no such tunnel/,
    3,
  ],
  ['/nowhere/cloudflared %h', /failed: it ended with status 127\. It said: .*not found/, 3],
  ['kill -9 $$', /failed: it was ended by SIGKILL\./, 3],
  ['true', /closed the connection before it identified itself/, 3],
  ['nc %x', /has %x, which stands for nothing/, 1],
];
for (const [proxyCommand, expected, attempts] of failures) {
  test(`a command that fails is told: ${proxyCommand}`, async () => {
    const log = memoryLog();
    const code = attempts === 1 ? 'INPUT' : 'CONNECT';
    const { message } = await failure(connectTo({ ...sshd, proxyCommand }, credentials, hostKeys(), { log }), code);
    assert.match(message, expected);
    assert.equal(log.lines.filter((line) => line.includes('Trying again')).length, attempts - 1);
  });
}

test('no value becomes shell text', async () => {
  const { message } = await failure(
    connectTo({ ...sshd, user: 'me;touch x', proxyCommand: 'nc %r' }, credentials, hostKeys()),
    'INPUT',
  );
  assert.match(message, /cannot take "me;touch x"/);
});

test('a command that is killed, cut off or silent is a lost connection', async () => {
  await using directory = await temporaryDirectory('proxy');
  for (const fault of ['kill', 'cut', 'stall'] as const) {
    await using relay = await startRelay(sshd.port);
    const pid = join(directory.path, fault);
    const proxyCommand = `echo $$ > ${pid}; exec ${nc}`;
    const knownHosts = sshd.knownHosts.replace(String(sshd.port), String(relay.port));
    const where = { ...sshd, port: relay.port, proxyCommand };
    using connection = await connectTo(where, credentials, { knownHosts }, { keepalive: 50 });
    const channel = await connection.exec('cat');
    if (fault === 'kill') process.kill(await pidIn(pid), 'SIGKILL');
    else relay.fail(fault);
    const lost = await connection.lost;
    assert.match(lost?.message ?? '', /^The connection to web1 .* was lost: /);
    if (fault === 'kill') assert.match(lost?.message ?? '', /it was ended by SIGKILL/);
    assert.equal((await channel.exit).code, undefined);
    assert.ok(await isGone(pid));
  }
});

test('the bundle deploys through a command, that leaves nothing behind', async () => {
  await using directory = await temporaryDirectory('proxy');
  const pid = join(directory.path, 'pid');
  await using ship = await shipTo(sshd);
  await ship.succeed({ 'proxy-command': `echo $$ > ${pid}; exec ${nc}`, revision: 'v1' });
  assert.equal(await ship.active(), 'v1');
  assert.ok(await isGone(pid));
});

test('a cancelled run ends its command and what that started; a killed run leaves nothing that holds its connection', async () => {
  await using directory = await temporaryDirectory('proxy');
  const events = { 'after:create_revision': [{ run: 'echo waiting; exec sleep 100' }] };
  await using ship = await shipTo(sshd, { config: { base_dir: sshd.root, sync: false }, events });
  const file = (name: string): string => join(directory.path, name);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
    const command = `sleep 600 & echo $! >${file('child')}; echo $$ >${file('command')}; exec ${nc}`;
    const started = await startAction({
      cwd: ship.workspace.path,
      inputs: { ...ship.inputs, 'proxy-command': command, revision: signal },
    });
    await started.printed(/│ waiting/);
    started.child.kill(signal);
    const { code } = await started.done;
    assert.equal(code, signal === 'SIGKILL' ? null : 1);
    assert.ok(await isGone(file('command')), signal);
    if (signal === 'SIGKILL') process.kill(await pidIn(file('child')), 'SIGKILL');
    else assert.ok(await isGone(file('child')), signal);
  }
});
