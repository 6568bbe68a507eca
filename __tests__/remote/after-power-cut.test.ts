import assert from 'node:assert/strict';
import { lstatSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { shells } from '../rig/local-connection.ts';
import { endGroup, type ScriptRun, type ScriptTarget, scriptTarget, whole } from '../rig/script-target.ts';

const quick = { lease: 4, beat: 300, lockTimeout: 30, config: { revisionsToKeep: 1 } };
const upTo = (step: (typeof whole.deploy)[number]): readonly (typeof whole.deploy)[number][] =>
  whole.deploy.slice(0, whole.deploy.indexOf(step) + 1);

/** A run whose target loses power after that step: nothing of it goes on. */
async function powerFails(site: ScriptTarget, step: (typeof whole.deploy)[number]): Promise<ScriptRun> {
  const run = site.session({ ...quick, revision: 'v3' });
  await run.session.perform(upTo(step));
  for (const pid of run.connection.pids) endGroup(pid);
  return run;
}

/** Names reach the disk before contents do: every file there is empty then, if nothing was flushed. */
function empty(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const file = join(directory, entry);
    if (lstatSync(file).isFile()) truncateSync(file);
  }
}

// Most of it is waiting for the lease.
describe('what a power cut leaves on a disk', { concurrency: true }, () => {
  for (const shell of shells) {
    test(`the files of a dead run are empty, and its record is lost: the next run sweeps it, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      const { token } = await powerFails(site, 'create_symlinks');
      const state = `${site.root}/revisions/.shipper`;
      const journal = site.journal();
      empty(`${state}/runs/${token}`);
      writeFileSync(`${state}/journal`, journal.slice(0, journal.indexOf('created v3')));

      const { of } = await site.perform('status', '', quick);
      assert.deepEqual(
        of('holder').map(([holder]) => holder),
        [token],
        'the holder can be told',
      );
      const next = await site.perform('deploy', 'v4', quick);
      assert.deepEqual(next.of('settled'), [[token]]);
      assert.deepEqual(site.revisions(), ['v1', 'v4'], 'what was not completed is no revision to go back to');
      assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
    });

    test(`a run of an earlier Shipper is swept too, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      const { token } = await powerFails(site, 'create_symlinks');
      const name = `${site.root}/revisions/.shipper/runs/${token}/revision`;
      rmSync(name);
      writeFileSync(name, 'v3\n');
      await site.perform('deploy', 'v4', quick);
      assert.deepEqual(site.revisions(), ['v1', 'v4']);
    });

    test(`what names the format and the active symlink is empty: it is written anew, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      for (const name of ['version', 'active']) truncateSync(`${site.root}/revisions/.shipper/${name}`);
      await site.perform('status');
      await site.perform('deploy', 'v2');
      assert.equal(site.active(), 'v2');
      for (const name of ['version', 'active'])
        assert.ok(lstatSync(`${site.root}/revisions/.shipper/${name}`).size > 0);
    });

    test(`of two file systems, that of the symlink lags behind: no backup is lost, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      for (const name of ['v1', 'v2']) await site.perform('deploy', name, quick);
      const { token } = await powerFails(site, 'purge_old_revisions');
      assert.deepEqual(site.revisions(), ['v2', 'v3']);
      renameSync(`${site.root}/current`, `${site.root}/.shipper-${token}/forth/current`);
      symlinkSync(`${site.root}/revisions/v2`, `${site.root}/current`);

      await site.perform('rollback', 'v1', quick);
      assert.equal(site.active(), 'v1');
      assert.deepEqual(site.revisions(), ['v1', 'v2']);
    });
  }
});
