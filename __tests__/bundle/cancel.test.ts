import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionRun, StartedAction } from '../rig/action.ts';
import { startRelay } from '../rig/relay.ts';
import { processesOf } from '../rig/sessions.ts';
import { share } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { logOf, siteOn, type Site, type SiteOptions } from './site.ts';
import { until } from '../rig/until.ts';

const server = await startSshd();
after(async () => server[Symbol.asyncDispose]());

const farewell = { 'on:error': [{ run: 'echo "farewell from the target"' }] };

/** Two or three seconds on a machine that does nothing else; what is cancelled would take a minute. */
const mostMilliseconds = 20_000;

interface Cancelled {
  readonly run: ActionRun;
  /** From the signal to the end of the process. */
  readonly milliseconds: number;
}

/** Sends the signal as soon as the line is printed, and waits for the end. */
async function cancelAt(started: StartedAction, line: RegExp, signal: NodeJS.Signals = 'SIGTERM'): Promise<Cancelled> {
  await started.printed(line);
  const start = performance.now();
  started.child.kill(signal);
  const run = await started.done;
  return { run, milliseconds: Math.round(performance.now() - start) };
}

/** Ended in time and by itself, with that result; on:error was dispatched, and exit status 1 with one error. */
function assertCancelled(
  { run, milliseconds }: Cancelled,
  status: 'cancelled' | 'returned' = 'cancelled',
  connected = true,
): void {
  const log = logOf(run);
  assert.ok(milliseconds < mostMilliseconds, `it took ${String(milliseconds)} ms\n${log}`);
  assert.deepEqual([run.code, run.signal], [1, null], log);
  assert.deepEqual(
    run.annotations.filter(({ level }) => level === 'error').map(({ title }) => title),
    ['Shipper: CANCELLED'],
    log,
  );
  assert.ok(run.result === undefined || ['cancelled', status].includes(run.result.status), log);
  if (connected) assert.match(log, /│ farewell from the target/);
}

/** The old revision, no lock, no directory of a run, nothing beside the active symlink. */
async function assertAtRest(site: Site, active = 'v1'): Promise<void> {
  assert.equal(await site.active(), active);
  for (let tries = 0; tries < 1200 && (await site.sh('ls revisions/.shipper/runs')) !== ''; tries += 1) await sleep(50);
  assert.equal(await site.sh('ls -A revisions/.shipper'), 'active\njournal\nruns\nversion');
  assert.equal(await site.sh('ls -A revisions/.shipper/runs'), '');
  assert.equal(await site.sh('ls -A'), 'current\nrevisions');
}

const runsHere = async (text: string): Promise<boolean> =>
  (await processesOf(server)).some(({ command }) => command.includes(text));

/** A site that has v1, whose later runs have these listeners. */
async function deployed({ events, ...options }: SiteOptions): Promise<Site> {
  const site = await siteOn(server, { ...options, events: { ...events, ...farewell } });
  await site.succeed({ revision: 'v1', listeners: 'false' });
  return site;
}

const long = 'echo now; sleep 61';

describe('SIGTERM and SIGINT', { concurrency: 3 }, () => {
  const moments = (['SIGTERM', 'SIGINT'] as const).flatMap(
    (signal) =>
      [
        [signal, 'before:link_current_revision', 'cancelled'],
        [signal, 'after:link_current_revision', 'returned'],
        [signal, 'before:completion', 'returned'],
      ] as const,
  );
  for (const [signal, event, status] of share('moments of a signal', moments, 2)) {
    test(`${signal} in a command of ${event}: it is stopped, everything is put back`, async () => {
      const mark = `sleep 61.${signal.length}${event.length}`;
      await using site = await deployed({
        events: { [event]: [{ run: `[ $SHIPPER_REVISION = v1 ] || { echo now; ${mark}; }` }] },
      });
      const cancelled = await cancelAt(await site.start({ revision: 'v2' }), /│ now/, signal);
      assertCancelled(cancelled, status);
      await assertAtRest(site);
      assert.equal(await runsHere(mark), false);
      const revisions = await site.sh('ls revisions');
      assert.equal(revisions, status === 'cancelled' ? 'v1' : 'v1\nv2');
      await site.succeed({ revision: 'v3', listeners: 'false' });
    });
  }

  test('in a command on the target that ignores TERM, with a child: both are gone', async () => {
    const run = `trap '' TERM INT HUP; echo now; sh -c "trap '' TERM; sleep 62.5; sleep 62.6"; sleep 62.7`;
    await using site = await deployed({ events: { 'after:create_revision': [{ run }] } });
    assertCancelled(await cancelAt(await site.start({ revision: 'v2' }), /│ now/));
    await assertAtRest(site);
    for (const each of ['62.5', '62.6', '62.7']) assert.equal(await runsHere(each), false, each);
  });

  test('in a module that blocks its thread: it is stopped with what it started', async () => {
    const files = {
      'deploy/hooks.js': `import { execSync } from 'node:child_process';
        export class Hooks { build() { console.log('now'); execSync('sleep 63.25'); } }`,
    };
    await using site = await deployed({ files, events: { 'after:create_revision': ['deploy.hooks.Hooks.build'] } });
    assertCancelled(await cancelAt(await site.start({ revision: 'v2' }), /now/));
    await assertAtRest(site);
    const left = await site.sh("ps -eo args | grep -c '[s]leep 63.25' || true");
    assert.equal(left, '0');
  });

  test('in a module: its method for on:error is still called', async () => {
    const files = {
      'deploy/hooks.js': `export class Hooks {
          async build() { console.log('now'); await new Promise((resolve) => setTimeout(resolve, 60000)); }
          failed(shipper) { console.log('farewell from the module'); } }`,
    };
    const events = { 'after:create_revision': ['deploy.hooks.Hooks.build'], 'on:error': ['deploy.hooks.Hooks.failed'] };
    await using site = await siteOn(server, { files, events });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    const { run, milliseconds } = await cancelAt(await site.start({ revision: 'v2' }), /now/);
    assert.ok(milliseconds < mostMilliseconds, String(milliseconds));
    await assertAtRest(site);
    assert.match(logOf(run), /farewell from the module/);
  });

  test('anywhere: a command of on:error on the runner is still run', async () => {
    const events = {
      'after:create_revision': [{ run: long }],
      'on:error': [{ run: 'echo "farewell from the runner"', on: 'runner' }],
    };
    await using site = await siteOn(server, { events });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    const { run } = await cancelAt(await site.start({ revision: 'v2' }), /│ now/);
    assert.match(logOf(run), /│ farewell from the runner/);
    await assertAtRest(site);
  });

  test('in a command on the runner: it is stopped with its children', async () => {
    const run = `trap '' TERM; echo now; sh -c "trap '' TERM; sleep 64.5"; sleep 64.6`;
    await using site = await deployed({ events: { 'before:create_revision': [{ run, on: 'runner' }] } });
    assertCancelled(await cancelAt(await site.start({ revision: 'v2' }), /│ now/));
    await assertAtRest(site);
    assert.equal(await site.sh("ps -eo args | grep -c '[s]leep 64' || true"), '0');
  });

  test('while it waits for the lock: the holder is not disturbed', async () => {
    await using site = await deployed({
      events: { 'after:create_revision': [{ run: 'echo now; until [ -e ../go ]; do sleep 0.1; done' }] },
    });
    const holder = await site.start({ revision: 'v2' });
    await holder.printed(/│ now/);
    const waiting = await site.start({ revision: 'v3' });
    assertCancelled(await cancelAt(waiting, /waiting for the lock/));
    await site.put('touch revisions/go');
    const held = await holder.done;
    await site.sh('rm revisions/go');
    assert.equal(held.code, 0, logOf(held));
    await assertAtRest(site, 'v2');
  });

  test('while it connects to a server that says nothing', async () => {
    await using relay = await startRelay(server.port);
    await using site = await deployed({});
    relay.fail('stall');
    const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port), revision: 'v2' };
    const started = await site.start(inputs);
    await until('the run connects', () => relay.connections > 0);
    assertCancelled(await cancelAt(started, /^/), 'cancelled', false);
    await assertAtRest(site);
  });

  test('during an upload over a slow line', async () => {
    await using relay = await startRelay(server.port);
    const files = { 'dist/big': randomBytes(24_000_000) };
    await using site = await deployed({
      files,
      events: { 'after:create_revision': [{ run: 'echo now' }, { upload: 'dist' }] },
    });
    const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port), revision: 'v2' };
    relay.delay = 200;
    const started = await site.start(inputs);
    await started.printed(/│ now/);
    const before = relay.bytes.up;
    await until('the upload is under way', () => relay.bytes.up > before + 200_000);
    assert.equal(started.child.exitCode, null, 'and has not ended');
    assertCancelled(await cancelAt(started, /│ now/));
    await assertAtRest(site);
    assert.equal(await site.sh('ls revisions'), 'v1');
  });

  test('after the switch, with a command that takes long for the old revision too: still in time', async () => {
    await using site = await deployed({ events: { 'after:link_current_revision': [{ run: 'echo now; sleep 67.5' }] } });
    const { run, milliseconds } = await cancelAt(await site.start({ revision: 'v2' }), /│ now/);
    assert.ok(milliseconds < mostMilliseconds, `it took ${String(milliseconds)} ms`);
    assert.match(logOf(run), /│ farewell from the target/);
    await assertAtRest(site);
  });

  test('with on:error listeners that never end: they get two seconds', async () => {
    const events = { 'after:create_revision': [{ run: long }], 'on:error': [{ run: 'echo last; sleep 65.5' }] };
    await using site = await siteOn(server, { events });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    const { run, milliseconds } = await cancelAt(await site.start({ revision: 'v2' }), /│ now/);
    assert.match(logOf(run), /│ last/);
    assert.ok(milliseconds < mostMilliseconds, `${String(milliseconds)} ms\n${logOf(run)}`);
    await assertAtRest(site);
    for (let tries = 0; tries < 1200 && (await runsHere('65.5')); tries += 1) await sleep(50);
    assert.equal(await runsHere('65.5'), false);
  });

  test('a second signal ends it at once, and the target puts back alone', async () => {
    const mark = 'sleep 66.5';
    await using site = await deployed({
      events: {
        'after:link_current_revision': [{ run: `[ $SHIPPER_REVISION = v1 ] || { trap '' TERM; echo now; ${mark}; }` }],
      },
    });
    const started = await site.start({ revision: 'v2' });
    await started.printed(/│ now/);
    started.child.kill('SIGTERM');
    await started.printed(/once more/);
    const start = performance.now();
    started.child.kill('SIGTERM');
    await started.done;
    assert.ok(performance.now() - start < 2_000, 'it did not wait for the command to be killed');
    for (let tries = 0; tries < 1200 && (await site.active()) !== 'v1'; tries += 1) await sleep(50);
    await assertAtRest(site);
    assert.equal(await runsHere(mark), false);
  });
});
