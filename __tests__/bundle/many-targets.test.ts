import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type ActionRun, runAction, startAction } from '../rig/action.ts';
import { startFleetServer } from '../rig/fleet-server.ts';
import { startRelay } from '../rig/relay.ts';
import { isLarge } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import type { Workspace } from '../rig/workspace.ts';
import { logOf } from './site.ts';

const size = isLarge ? 100 : 10;
const fleet = await startFleetServer(size);
after(async () => fleet[Symbol.asyncDispose]());

const quarters = { waves: { sizes: ['25%'] } };

async function deploy(workspace: Workspace, revision: string, more: object = {}): Promise<ActionRun> {
  const inputs = { ...fleet.inputs, revision, ...more };
  return runAction({ cwd: workspace.path, inputs });
}

const all = (revision: string, count = size): readonly string[] => Array.from({ length: count }, () => revision);

/** How often that stands in the log of the server since the last time. */
function newly(pattern: RegExp): () => number {
  let seen = 0;
  return () => {
    const found = fleet.server.log().match(pattern)?.length ?? 0;
    const more = found - seen;
    seen = found;
    return more;
  };
}

test(`${String(size)} targets cost what one costs, as many times: a login, a program and its bytes`, async (t) => {
  const logins = newly(/Accepted publickey/g);
  const programs = newly(/Starting session: command/g);
  const bytes: number[] = [];
  for (const [count, revision] of [
    [1, 'v1'],
    [size, 'v2'],
  ] as const) {
    await using workspace = await fleet.workspace(count, quarters);
    const before = { ...fleet.relay.bytes, connections: fleet.relay.connections };
    const run = await deploy(workspace, revision);
    assert.equal(run.code, 0, logOf(run));
    assert.deepEqual(await fleet.active(count), all(revision, count));
    assert.deepEqual([fleet.relay.connections - before.connections, logins(), programs()], [count, count, count]);
    bytes.push((fleet.relay.bytes.up - before.up + fleet.relay.bytes.down - before.down) / count);
  }
  const [one = 0, each = Infinity] = bytes;
  t.diagnostic(`${one.toFixed(0)} bytes for one, ${each.toFixed(0)} for each of ${String(size)}`);
  // The barriers between steps and waves are messages of their own.
  assert.ok(each < one * 1.1, `${each.toFixed(0)} bytes each, ${one.toFixed(0)} for one`);
});

test('behind a jump host as it is set up by default, all get in by one login there', async () => {
  await using bastion = await startSshd({ config: ['MaxStartups 10:30:100'] });
  await bastion.sh(`cp ${fleet.server.key.file}.pub ../authorized_keys`);
  await using relay = await startRelay(bastion.port);
  const way = { proxy_jump: `${bastion.user}@127.0.0.1:${String(relay.port)}` };
  await using workspace = await fleet.workspace(size, quarters, {}, way);
  const knownHosts = `${fleet.inputs['known-hosts'] ?? ''}\n${bastion.knownHostsAt(relay.port)}`;
  const run = await deploy(workspace, 'v3', { 'known-hosts': knownHosts });
  assert.equal(run.code, 0, logOf(run));
  assert.deepEqual(await fleet.active(size), all('v3'));
  assert.equal(relay.connections, 1);
});

/** Ends the session of the target that it runs on, with all its processes, as a machine that loses its power does. */
const powerCut = [
  'me=$$; while read -r _ parent <<END && [ "$(cat /proc/$parent/comm)" != sshd ]; do me=$parent; done',
  '$(grep PPid: /proc/$me/status)',
  'END',
  'kill -KILL $(ps -e -o pid= -o ppid= | awk -v top="$parent" \'{ up[$1] = $2 } END { for (each in up) {',
  'at = each; while (at > 1 && at != top) at = up[at]; if (at == top && each != top) printf "%s ", each } print top }\')',
].join('\n');

test('one target that loses its power in the second wave: all go back, it goes back once it can be asked', async () => {
  if (!isLarge) return; // It takes the lease of a dead run.
  const check = `[ "$SHIPPER_HOST$SHIPPER_REVISION" != web5v4 ] || [ -e ../../cut ] || { touch ../../cut; ${powerCut}; }`;
  const events = { 'after:link_current_revision': [{ run: check }] };
  await using workspace = await fleet.workspace(30, { waves: { sizes: [1, '25%', '100%'] } }, events);
  const run = await deploy(workspace, 'v4');
  assert.match(logOf(run), /web5.*(connection.*lost|ended by signal SIGKILL)/);
  assert.equal(run.code, 1);
  assert.deepEqual(await fleet.active(30), all('v3', 30), logOf(run));
  const statuses = run.result?.targets.map(({ status }) => status) ?? [];
  assert.deepEqual(
    statuses,
    Array.from({ length: 30 }, (_, index) => (index < 9 ? 'returned' : 'failed')),
    logOf(run),
  );
});

test('a runner that is killed in the last wave: each target goes back alone', async () => {
  const count = isLarge ? 30 : 4;
  const events = { 'after:link_current_revision': [{ run: 'echo "wave $SHIPPER_WAVE of $SHIPPER_WAVES"; sleep 1' }] };
  await using workspace = await fleet.workspace(count, { waves: { sizes: [1, '25%', '100%'] } }, events);
  const inputs = { ...fleet.inputs, revision: 'v5' };
  const started = await startAction({ cwd: workspace.path, inputs });
  await started.printed(/│ .*wave 3 of 3/);
  started.child.kill('SIGKILL');
  const run = await started.done;
  await using quiet = await fleet.workspace(count);
  // The next run waits for the lock until the last of them has gone back.
  const next = await deploy(quiet, 'v6');
  assert.equal(next.code, 0, logOf(next));
  assert.deepEqual(
    next.result?.targets.map(({ previousRevision }) => previousRevision),
    all('v3', count),
    logOf(run),
  );
});
