import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { ShipperError } from '../../src/errors.ts';
import type { Shell } from '../rig/local-connection.ts';
import { type ScriptRun, type ScriptTarget, scriptTarget, type Steps, whole } from '../rig/script-target.ts';
import { findProgram } from '../rig/program.ts';
import { someShells } from '../rig/share.ts';
import { until } from '../rig/until.ts';
import { gone } from './attack.ts';

/** The lease is as long as a busy machine needs: nothing here waits for its end. */
const patient = { lease: 30, beat: 300, lockTimeout: 60 };
const upToSwitch = whole.deploy.slice(0, 6);
const upToCompletion = whole.deploy.slice(0, -2);

/** By the kernel's own list: going through all processes of a busy machine would hold up the beats. */
function childrenOf(pid: number): readonly number[] {
  return textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Empty once the process has ended. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

interface Shells {
  readonly main: number;
  readonly worker: number;
  readonly watchdog: number;
}

/** The shells of a run: the main one, the worker in the middle of a step, and the watchdog, which sleeps. */
async function shellsOf(run: ScriptRun): Promise<Shells> {
  const main = run.connection.pids[0] ?? 0;
  const sleeps = (pid: number): boolean =>
    childrenOf(pid).some((child) => textOf(`/proc/${child}/cmdline`).includes('sleep\u00002'));
  let worker: number | undefined;
  let watchdog: number | undefined;
  // Both start programs one after the other, and there is a moment without one.
  await until('both shells are seen at what they do', () => {
    watchdog = childrenOf(main).find(sleeps);
    worker = childrenOf(main).find((pid) => pid !== watchdog && childrenOf(pid).length > 0);
    return watchdog !== undefined && worker !== undefined;
  });
  return { main, worker: worker ?? 0, watchdog: watchdog ?? 0 };
}

interface Blocked extends AsyncDisposable {
  readonly site: ScriptTarget;
  readonly run: ScriptRun;
  readonly steps: Steps;
  /** What becomes of the steps in the middle of which it is. */
  readonly ending: Promise<unknown>;
  unblock(): void;
}

/** A deploy of v2 over v1 in the middle of taking a step, where a tool waits. */
async function blocked(shell: Shell, switched: boolean): Promise<Blocked> {
  const site = await scriptTarget(shell);
  const block = `${site.home}/block`;
  const wait = `[ ! -e '${block}' ] || : >'${site.home}/waits'; while [ -e '${block}' ]; do sleep 0.1; done`;
  site.shim('awk', `case $* in *keep*) ${wait} ;; esac`); // Of what runs then, only what chooses revisions to purge.
  site.shim('cp', wait);
  const source = `${site.home}/source`;
  mkdirSync(source);
  const steps = { ...patient, shimmed: true, config: { revisionsToKeep: 1 } };
  await site.perform('deploy', 'v1', steps);
  const run = site.session({ ...steps, revision: 'v2', ...(switched ? {} : { config: { sourceDir: source } }) });
  await run.session.perform(switched ? upToSwitch : whole.deploy.slice(0, 3));
  writeFileSync(block, '');
  const ending = run.session
    .perform([switched ? 'purge_old_revisions' : 'create_revision'])
    .catch((error: unknown) => error);
  await until('it waits in a step', () => existsSync(`${site.home}/waits`));
  const unblock = (): void => rmSync(block, { force: true });
  return {
    ...{ site, run, steps, ending, unblock },
    [Symbol.asyncDispose]: async () => {
      unblock();
      run.session.close();
      await gone(run);
      await site[Symbol.asyncDispose]();
    },
  };
}

function assertAtRest(site: ScriptTarget, active: string): void {
  assert.equal(site.active(), active);
  assert.ok(!site.states().includes('lock'), 'no lock');
  assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
}

// Most of it is waiting.
describe('a shell of the target that dies', { concurrency: true }, () => {
  for (const shell of someShells('dying')) {
    for (const switched of [false, true]) {
      const when = `${switched ? 'after' : 'before'} the switch, under ${shell}`;
      test(`the worker ${when}: the run ends with a reason and is put back`, async () => {
        await using run = await blocked(shell, switched);
        process.kill((await shellsOf(run.run)).worker, 'SIGKILL');
        const error = (await run.ending) as ShipperError;
        assert.equal(error.code, 'TARGET');
        assert.match(error.message, /the shell that takes the steps ended without a word, with status \d+/);
        run.unblock();
        await run.run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
        assertAtRest(run.site, 'v1');
        await run.site.perform('deploy', 'v3', run.steps);
        assertAtRest(run.site, 'v3');
      });

      test(`the worker, asked to end by another, ${when}: the same`, async () => {
        await using run = await blocked(shell, switched);
        process.kill((await shellsOf(run.run)).worker, 'SIGTERM');
        run.unblock();
        const error = (await run.ending) as ShipperError;
        assert.equal(error.code, 'TARGET');
        assert.match(error.message, /ended with status 143/);
        await run.run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
        assertAtRest(run.site, 'v1');
      });

      test(`the main shell ${when}: the watchdog ends the worker and puts everything back`, async () => {
        await using run = await blocked(shell, switched);
        const { main, worker } = await shellsOf(run.run);
        process.kill(main, 'SIGKILL');
        await until('the worker has ended, though its tool goes on', () => !existsSync(`/proc/${worker}`));
        run.unblock();
        assert.match(((await run.ending) as ShipperError).code, /^(CONNECT|TARGET)$/);
        await gone(run.run);
        assertAtRest(run.site, 'v1');
        const judge = run.site.session({ ...run.steps });
        await judge.session.perform(['verdict'], { last: true });
        assert.deepEqual(judge.of('verdict').length, 1);
        await run.site.perform('deploy', 'v3', run.steps);
        assertAtRest(run.site, 'v3');
      });
    }

    test(`without /dev/null, in which none can be started, under ${shell}: a reason, and nothing is made`, async () => {
      await using site = await scriptTarget(shell);
      const unshare = await findProgram('unshare', 'util-linux');
      const hide = `/bin/mount -t tmpfs -o ro tmpfs /dev && exec "$@"`;
      site.shim(
        'sh',
        `[ -n "\${RIG_HIDDEN-}" ] || RIG_HIDDEN=1 exec '${unshare}' --mount /bin/sh -c '${hide}' sh "$0" "$@"`,
      );
      const run = site.session({ ...patient, shimmed: true, revision: 'v1' });
      await assert.rejects(run.session.perform(whole.deploy, { last: true }), {
        code: 'TARGET',
        message: /\/dev\/null is missing/,
      });
      await gone(run);
      assert.equal(existsSync(site.root), false);
    });

    test(`the watchdog, under ${shell}: there is a new one, which ends the run when another takes over`, async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      const run = site.session({ ...patient, revision: 'v2' });
      await run.session.perform(upToCompletion);
      const main = run.connection.pids[0] ?? 0;
      const child = (): number => childrenOf(main)[0] ?? 0;
      const first = child();
      process.kill(first, 'SIGKILL');
      await until('there is a new watchdog', () => ![0, first].includes(child()));
      await run.session.perform(['inspect']);
      assert.equal(site.active(), 'v2');
      renameSync(`${site.root}/revisions/.shipper/runs/${run.token}`, `${site.root}/revisions/.shipper/runs/run-other`);
      await gone(run);
    });
  }
});
