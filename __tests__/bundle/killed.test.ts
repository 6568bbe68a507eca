import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionRun, StartedAction } from '../rig/action.ts';
import { startRelay, type Direction } from '../rig/relay.ts';
import { quiet, sessionsOf } from '../rig/sessions.ts';
import { isLarge } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { logOf, siteOn } from './site.ts';

/** Every one leaves something behind in its revision, and the last has a process that outlives a moment. */
const events = {
  'after:create_revision': [{ run: 'echo here > index.html' }],
  'after:create_symlinks': [{ run: 'sleep 0.1' }],
  'after:link_current_revision': [{ run: 'cat index.html; sleep 0.1' }],
  'before:completion': [{ run: 'true' }],
};

interface Attack {
  readonly direction: Direction;
  /** Part of the bytes that a whole run sends in that direction. */
  readonly part: number;
}

const parts = (count: number, from: number): readonly Attack[] =>
  (['up', 'down'] as const).flatMap((direction) =>
    Array.from({ length: count }, (_, index) => ({ direction, part: from + ((1 - from) * (index + 0.5)) / count })),
  );

/** How many points there are in each direction. */
const halves = isLarge ? 6 : 2;

/** Kills at each of the points of a run in turn, and sees what became of the target. */
async function attackAt(
  attacks: readonly Attack[],
  kill: (started: StartedAction, server: Awaited<ReturnType<typeof startSshd>>, index: number) => Promise<void>,
  judge: (run: ActionRun, completed: boolean) => void,
): Promise<{ readonly killed: number; readonly returned: number; readonly slowest: number }> {
  await using server = await startSshd();
  await using relay = await startRelay(server.port);
  await using site = await siteOn(server, { events });
  const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port) };
  await site.succeed({ ...inputs, revision: 'first' });
  const before = { ...relay.bytes };
  await site.succeed({ ...inputs, revision: 'second' });
  const whole = { up: relay.bytes.up - before.up, down: relay.bytes.down - before.down };
  let [killed, returned, slowest] = [0, 0, 0];
  for (const [index, { direction, part }] of attacks.entries()) {
    const revision = `${direction}-${String(index)}`;
    const old = await site.active();
    const reached = relay.failAfter(direction, Math.floor(whole[direction] * part), 'stall').then(() => true);
    const started = await site.start({ ...inputs, revision });
    const hit = await Promise.race([reached, started.done.then(() => false)]);
    assert.ok(hit, `${revision} never came to its point`);
    await kill(started, server, index);
    relay.resume();
    const dead = performance.now();
    const run = await started.done;
    // What the dead runner had sent may still start the script.
    let still = 0;
    for (let tries = 0; tries < 2400 && still < 4; tries += 1) {
      const atWork = relay.open > 0 || (await sessionsOf(server)).length > 0;
      still = atWork || (await site.sh('ls revisions/.shipper/runs')) !== '' ? 0 : still + 1;
      await sleep(50);
    }
    slowest = Math.max(slowest, performance.now() - dead);
    assert.equal(
      await site.sh('ls -A revisions/.shipper'),
      'active\njournal\nruns\nversion',
      `${revision}\n${logOf(run)}`,
    );
    assert.equal(await site.sh('ls -A revisions/.shipper/runs'), '');
    assert.equal(await site.sh('ls -A'), 'current\nrevisions');
    const completed = (await site.sh(`grep -c '^completed ${revision} ' revisions/.shipper/journal || true`)) !== '0';
    assert.equal(await site.active(), completed ? revision : old, `${revision}\n${logOf(run)}`);
    assert.equal(await site.sh('cat current/index.html'), 'here');
    judge(run, completed);
    killed += 1;
    if ((await site.sh(`grep '^returned ${revision} ' revisions/.shipper/journal || true`)) !== '') returned += 1;
    const next = await site.succeed({ ...inputs, revision: `next-${revision}` });
    assert.equal(next.outputs['active-revision'], `next-${revision}`);
  }
  await quiet(server, 10);
  const { result } = await site.succeed({ ...inputs, command: 'status' });
  const states = result?.targets[0]?.revisions?.map(({ state }) => state) ?? [];
  assert.deepEqual(
    states.filter((state) => state === 'unfinished' || state === 'foreign'),
    [],
  );
  return { killed, returned, slowest };
}

describe(
  'kill -9, anywhere in a run: the old revision or the new one that completed, nothing left behind',
  {
    concurrency: true,
  },
  () => {
    test('of the runner', async (t) => {
      const kill = async ({ child, done }: StartedAction): Promise<void> => {
        child.kill('SIGKILL');
        await done;
      };
      const { killed, returned, slowest } = await attackAt(parts(halves, 0), kill, (run) =>
        assert.equal(run.signal, 'SIGKILL'),
      );
      t.diagnostic(
        `${String(killed)} killed runners, ${String(returned)} between switch and completion; all put back and unlocked after ${String(Math.round(slowest))} ms at most`,
      );
      assert.equal(killed, 2 * halves);
      if (isLarge) assert.ok(returned > 0, 'the target went back by itself');
    });

    test("of sshd's session process, or of the one that guards it", async (t) => {
      const kill: Parameters<typeof attackAt>[1] = async (_, server, index) => {
        // The login and the script travel together: sshd may not have begun with it when it has both.
        let sessions = await sessionsOf(server);
        for (let tries = 0; tries < 2400 && sessions.length === 0; tries += 1) {
          await sleep(25);
          sessions = await sessionsOf(server);
        }
        assert.notEqual(sessions.length, 0, 'there is a session');
        for (const { served, guard } of sessions) process.kill(index % 2 === 0 ? served : guard, 'SIGKILL');
      };
      const judge = (run: ActionRun, completed: boolean): void => {
        assert.equal(run.code === 0, completed, logOf(run));
        assert.notEqual(run.result?.status, 'unknown', logOf(run));
      };
      const { killed, returned, slowest } = await attackAt(parts(halves, 0.45), kill, judge);
      t.diagnostic(
        `${String(killed)} killed sessions, ${String(returned)} between switch and completion; all put back and unlocked after ${String(Math.round(slowest))} ms at most`,
      );
      assert.equal(killed, 2 * halves);
      if (isLarge) assert.ok(returned > 0, 'the target went back by itself');
    });
  },
);
