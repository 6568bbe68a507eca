import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';
import { until } from '../rig/until.ts';

type Site = Awaited<ReturnType<typeof scriptTarget>>;

/** Resolves when the run's script and all that it started is gone. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(-pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
}

function assertAtRest(site: Site): void {
  assert.equal(existsSync(`${site.root}/revisions/.shipper/lock`), false, 'no lock');
  assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
  assert.deepEqual(readdirSync(site.root).sort(), ['current', 'revisions']);
}

// Most of it is waiting.
describe('a runner that goes away', { concurrency: true }, () => {
  for (const shell of someShells('lost')) {
    describe(`under ${shell}`, { concurrency: true }, () => {
      for (const taken of whole.deploy.slice(0, -2).keys()) {
        const last = whole.deploy[taken] ?? 'lock';
        test(`after ${last}: the target puts everything back at once and alone`, async () => {
          await using site = await scriptTarget(shell);
          await site.perform('deploy', 'v1');
          const run = site.session({ revision: 'v2' });
          await run.session.perform(whole.deploy.slice(0, taken + 1));
          run.session.close();
          await gone(run.connection.pids[0] ?? 0);
          assert.equal(site.active(), 'v1');
          assertAtRest(site);
          await site.perform('deploy', 'v3');
          assert.equal(site.active(), 'v3');
          assert.deepEqual(
            site.revisions().filter((name) => name !== 'v2'),
            ['v1', 'v3'],
          );
        });
      }

      test('after complete: the target stays where it is', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const run = site.session({ revision: 'v2' });
        await run.session.perform(whole.deploy.slice(0, -1));
        run.session.close();
        await gone(run.connection.pids[0] ?? 0);
        assert.equal(site.active(), 'v2');
        assertAtRest(site);
      });

      test('on the first deploy: going back leaves no active symlink', async () => {
        await using site = await scriptTarget(shell);
        const run = site.session({ revision: 'v1' });
        await run.session.perform(whole.deploy.slice(0, -2));
        assert.equal(site.active(), 'v1');
        run.session.close();
        await gone(run.connection.pids[0] ?? 0);
        assert.equal(site.active(), undefined);
        await site.perform('deploy', 'v2');
        assert.equal(site.active(), 'v2');
      });

      test('the commands of after:link_current_revision run again, for the old revision', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const again = [
          'pwd > "$SHIPPER_REVISION_PATH/again"; echo "$SHIPPER_EVENT" >> again',
          'false',
          'echo last >> again',
        ];
        const run = site.session({ revision: 'v2', again });
        await run.session.perform(whole.deploy.slice(0, -2));
        run.session.close();
        await gone(run.connection.pids[0] ?? 0);
        const path = `${site.root}/revisions/v1`;
        assert.equal(readFileSync(`${path}/again`, 'utf8'), `${path}\nafter:link_current_revision\nlast\n`);
      });

      test('whose beats stop while the connection stands: the target goes back after the lease', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const run = site.session({ revision: 'v2', lease: 4 });
        await run.session.perform(whole.deploy.slice(0, -2));
        assert.equal(site.active(), 'v2');
        await gone(run.connection.pids[0] ?? 0);
        assert.equal(site.active(), 'v1');
        assertAtRest(site);
      });

      test('with all of the target killed: the next run settles it before anything else', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const again = ['echo again >> ../../log'];
        const run = site.session({ revision: 'v2', again });
        await run.session.perform(whole.deploy.slice(0, -2));
        process.kill(-(run.connection.pids[0] ?? 0), 'SIGKILL');
        await gone(run.connection.pids[0] ?? 0);
        assert.equal(site.active(), 'v2');
        const next = await site.perform('deploy', 'v3', { lease: 5, beat: 200 });
        assert.deepEqual(next.of('settled'), [[run.token]]);
        assert.equal(site.active(), 'v3');
        assert.match(site.journal(), /returned v2 [^\n]*\n+created v3/);
        assert.equal(readFileSync(`${site.root}/log`, 'utf8'), 'again\n');
      });

      test('a live holder is never broken; who does not wait for it is told who holds, once it was seen alive', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const holder = site.session({ revision: 'v2', lease: 60 });
        await holder.session.perform(whole.deploy.slice(0, 4));
        const other = site.session({ revision: 'v3', lockTimeout: 0 });
        await assert.rejects(other.session.perform(whole.deploy, { last: true }), { code: 'LOCKED' });
        other.session.close();
        assert.equal(other.of('waiting')[0]?.[1], 'someone');
        await holder.session.perform(whole.deploy.slice(4), { last: true });
        assert.equal(site.active(), 'v2');
      });

      test('one that waits, has just taken over from a run that let go itself, and is cut off, leaves nothing', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const holder = site.session({ revision: 'v2', lease: 60 });
        await holder.session.perform(whole.deploy.slice(0, 4));
        const other = site.session({ revision: 'v3', lockTimeout: 60 });
        other.session.perform(whole.deploy, { last: true }).catch(() => undefined);
        await until('the other run waits', () => other.of('waiting').length > 0);
        // What it looks like between the two renames of a take-over, from a holder that woke up in between.
        const taken = `${site.root}/revisions/.shipper/runs/${other.token}/run-woken`;
        mkdirSync(taken);
        symlinkSync('run-woken', `${taken}/released`);
        other.session.close();
        await gone(other.connection.pids[0] ?? 0);
        await holder.session.perform(whole.deploy.slice(4), { last: true });
        assertAtRest(site);
      });
    });
  }
});
