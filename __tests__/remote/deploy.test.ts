import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, test } from 'node:test';
import { scriptTarget } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

for (const shell of someShells('deploy')) {
  describe(`under ${shell}`, { concurrency: true }, () => {
    test('five deploys with two to keep leave the active one, two before it and nothing else', async () => {
      await using site = await scriptTarget(shell);
      for (const name of ['v1', 'v2', 'v3', 'v4', 'v5']) await site.perform('deploy', name);
      assert.equal(site.active(), 'v5');
      assert.deepEqual(site.revisions(), ['v3', 'v4', 'v5']);
      assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
      assert.equal(readlinkSync(`${site.root}/current`), `${site.root}/revisions/v5`);
    });

    test('rollback goes one back each time, marks what it leaves as bad, and ends with an error', async () => {
      await using site = await scriptTarget(shell);
      for (const name of ['v1', 'v2', 'v3']) await site.perform('deploy', name);
      await site.perform('rollback');
      assert.equal(site.active(), 'v2');
      await site.perform('rollback');
      assert.equal(site.active(), 'v1');
      await assert.rejects(site.perform('rollback'), /nothing to roll back to/);
      const { of } = await site.perform('status');
      assert.deepEqual(
        of('listed').map(([name, state]) => `${name ?? ''} ${state ?? ''}`),
        ['v1 completed', 'v2 bad', 'v3 bad'],
      );
    });

    test('rollback to a name goes there, forward too, and clears its mark', async () => {
      await using site = await scriptTarget(shell);
      for (const name of ['v1', 'v2']) await site.perform('deploy', name);
      await site.perform('rollback', 'v1');
      await site.perform('rollback', 'v2');
      assert.equal(site.active(), 'v2');
      const { of } = await site.perform('status');
      assert.deepEqual(
        of('listed').map(([name, state]) => `${name ?? ''} ${state ?? ''}`),
        ['v1 completed', 'v2 completed'],
      );
      await assert.rejects(site.perform('rollback', 'v9'), /no revision v9; there are: v1 v2/);
      assert.deepEqual((await site.perform('rollback', 'v2')).of('unchanged'), [[]]);
    });

    test('a revision marked bad is purged by the next deploy and does not count', async () => {
      await using site = await scriptTarget(shell);
      for (const name of ['v1', 'v2', 'v3']) await site.perform('deploy', name);
      await site.perform('rollback');
      await site.perform('deploy', 'v4');
      assert.deepEqual(site.revisions(), ['v1', 'v2', 'v4']);
    });

    test('a taken name gets the start of the run as its ending', async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      const { of } = await site.perform('deploy', 'v1');
      assert.deepEqual(of('revision'), [['v1-1234567890']]);
      assert.equal(site.active(), 'v1-1234567890');
    });

    test('a prepared revision waits, is activated by name, and is then unchanged', async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      await site.perform('prepare', 'v2');
      assert.equal(site.active(), 'v1');
      await assert.rejects(site.perform('prepare', 'v2'), /exists already/);
      await assert.rejects(site.perform('rollback', 'v2'), /use activate/);
      await site.perform('activate', 'v2');
      assert.equal(site.active(), 'v2');
      assert.deepEqual((await site.perform('activate', 'v2')).of('unchanged'), [[]]);
      await assert.rejects(site.perform('activate', 'v1'), /use rollback/);
      await assert.rejects(site.perform('activate', 'v3'), /prepare it first/);
    });

    test('a prepared revision is purged once a newer one was activated, and does not count before', async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      await site.perform('prepare', 'v2');
      await site.perform('deploy', 'v3');
      assert.deepEqual(site.revisions(), ['v1', 'v3']);
    });

    test('directories and links are created, what stood at a link is replaced', async () => {
      await using site = await scriptTarget(shell);
      const share = `${site.root}/sh are`;
      const source = `${site.root}/source`;
      mkdirSync(`${source}/public/uploads/old`, { recursive: true });
      writeFileSync(`${source}/.env`, 'old');
      const target = {
        directories: [...site.target.directories, share, `${share}/a'b`],
        symlinks: [
          { source: share, path: 'public/uploads' },
          { source: `${share}/a'b`, path: 'deep/er/$(touch x) link' },
          { source: `${share}/missing`, path: '.env' },
        ],
      };
      const { of } = await site.perform('deploy', 'v1', { target, config: { sourceDir: source } });
      const revision = `${site.root}/revisions/v1`;
      assert.equal(readlinkSync(`${revision}/public/uploads`), share);
      assert.equal(readlinkSync(`${revision}/deep/er/$(touch x) link`), `${share}/a'b`);
      assert.equal(readlinkSync(`${revision}/.env`), `${share}/missing`);
      assert.deepEqual(of('warning'), [['create_symlinks', `the link .env dangles: ${share}/missing does not exist`]]);
      assert.deepEqual(readdirSync(revision).sort(), ['.env', 'deep', 'public']);
    });

    test('a dangling link fails before the switch where the config says so, and the revision is gone', async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      const target = { symlinks: [{ source: `${site.root}/missing`, path: 'x' }] };
      const run = site.session({ revision: 'v2', target, config: { failOnSymlinkError: true } });
      const work = ['preflight', 'lock', 'init_directories', 'create_revision', 'create_symlinks'] as const;
      await assert.rejects(run.session.perform(work), /the link x dangles/);
      await run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
      assert.equal(site.active(), 'v1');
      assert.deepEqual(site.revisions(), ['v1']);
    });

    test('a link whose parent is a symlink in the revision is refused', async () => {
      await using site = await scriptTarget(shell);
      const source = `${site.root}/source`;
      mkdirSync(source, { recursive: true });
      mkdirSync(`${site.root}/outside`);
      symlinkSync(`${site.root}/outside`, `${source}/public`);
      const target = { symlinks: [{ source, path: 'public/uploads' }] };
      const run = site.perform('deploy', 'v1', { target, config: { sourceDir: source } });
      await assert.rejects(run, /would leave the revision/);
      assert.equal(existsSync(`${site.root}/outside/uploads`), false);
    });

    test('a directory or file in the place of the active symlink is named, and nothing is touched', async () => {
      await using site = await scriptTarget(shell);
      mkdirSync(`${site.root}/current`, { recursive: true });
      await assert.rejects(site.perform('deploy', 'v1'), /current stands where the active symlink has to be.*mv /);
      assert.equal(existsSync(`${site.root}/revisions`), false);
      rmSync(`${site.root}/current`, { recursive: true });
      writeFileSync(`${site.root}/current`, 'precious');
      await assert.rejects(site.perform('deploy', 'v1'), /is no symlink; nothing was touched/);
      assert.equal(existsSync(`${site.root}/revisions`), false);
    });

    test('a second active symlink over the same revisions is an error', async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      const target = { activeSymlink: `${site.root}/other` };
      await assert.rejects(site.perform('deploy', 'v2', { target }), /already serves the active symlink/);
      assert.equal(existsSync(`${site.root}/other`), false);
    });

    test('a directory that Shipper did not record is shown, never counted or purged, and reached by name', async () => {
      await using site = await scriptTarget(shell);
      mkdirSync(`${site.root}/revisions/by hand`, { recursive: true });
      for (const name of ['v1', 'v2', 'v3', 'v4']) await site.perform('deploy', name);
      assert.deepEqual(site.revisions(), ['by hand', 'v2', 'v3', 'v4']);
      await site.perform('rollback', 'by hand');
      assert.equal(site.active(), 'by hand');
      await site.perform('rollback');
      assert.equal(site.active(), 'v4');
    });

    test('relative links, the active one too, lead to the right place', async () => {
      await using site = await scriptTarget(shell);
      const share = `${site.root}/share`;
      const target = { directories: [...site.target.directories, share], symlinks: [{ source: share, path: 'a/b/c' }] };
      await site.perform('deploy', 'v1', { target, config: { relativeSymlinks: true } });
      assert.equal(readlinkSync(`${site.root}/current`), 'revisions/v1');
      assert.equal(readlinkSync(`${site.root}/current/a/b/c`), '../../../../share');
      assert.ok(lstatSync(`${site.root}/current/a/b/c/`).isDirectory());
      await site.perform('deploy', 'v2', { target, config: { relativeSymlinks: true } });
      await site.perform('rollback');
      assert.equal(site.active(), 'v1');
    });

    test('the way back after a failure behind the switch', async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      const run = site.session({ revision: 'v2' });
      await run.session.perform(['preflight', 'lock', 'init_directories', 'create_revision', 'link_current_revision']);
      assert.equal(site.active(), 'v2');
      await run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
      assert.equal(site.active(), 'v1');
      const { of } = await site.perform('status');
      assert.deepEqual(
        of('listed').map(([name, state]) => `${name ?? ''} ${state ?? ''}`),
        ['v1 completed', 'v2 bad'],
      );
      assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
    });
  });
}
