import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { mounted } from '../rig/mounted.ts';
import { runPrinted } from '../rig/printed-command.ts';
import { findProgram } from '../rig/program.ts';
import { type ScriptRun, type ScriptTarget, scriptTarget, type Steps } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';
import { gone, quick } from './attack.ts';

const keepOne = { config: { revisionsToKeep: 1 } };
const upToRevision = ['preflight', 'lock', 'init_directories', 'create_revision'] as const;
const back = ['go_back', 'discard', 'unlock'] as const;

/** What a share holds that someone mounted inside a revision. */
function share(site: ScriptTarget): string {
  const path = `${site.home}/share`;
  mkdirSync(`${path}/deep`, { recursive: true });
  writeFileSync(`${path}/deep/precious`, 'precious\n');
  return path;
}

function assertWhole(path: string): void {
  assert.equal(readFileSync(`${path}/deep/precious`, 'utf8'), 'precious\n');
}

async function deploy(site: ScriptTarget, ...names: readonly string[]): Promise<ScriptRun | undefined> {
  let run: ScriptRun | undefined;
  for (const name of names) run = await site.perform('deploy', name, keepOne);
  return run;
}

/** The one warning of a run that names all of these. */
function warned(run: ScriptRun | undefined, ...parts: readonly string[]): string {
  const warnings = (run?.of('warning') ?? []).map(([, text]) => text ?? '');
  const fitting = warnings.filter((text) => parts.every((part) => text.includes(part)));
  assert.equal(fitting.length, 1, `one warning with ${parts.join(', ')}: ${warnings.join('\n')}`);
  return fitting[0] ?? '';
}

// Most of it is waiting.
describe('mounts inside a revision', { concurrency: true }, () => {
  for (const shell of someShells('mounts')) {
    describe(`under ${shell}`, { concurrency: 4 }, () => {
      for (const name of ['share', 'a b', String.raw`it's\040 (a) "$x"`, 'new\nline', '*']) {
        test(`a share at ${JSON.stringify(name)} outlives its revision, which is purged once it is unmounted`, async () => {
          await using site = await scriptTarget(shell);
          await using mounts = new AsyncDisposableStack();
          const source = share(site);
          await deploy(site, 'v1', 'v2');
          const point = `${site.root}/revisions/v1/deep/${name}`;
          mounts.use(await mounted(source, point));
          const first = warned(await deploy(site, 'v3'), 'revision v1', 'mounted', 'sudo umount');
          assertWhole(source);
          assert.deepEqual(site.revisions(), ['v1', 'v2', 'v3']);
          assert.equal(warned(await deploy(site, 'v4'), 'v1'), first, 'it is told each time');
          warned(await site.perform('status'), 'revision v1', 'sudo umount');
          const plan = await site.perform('deploy', 'v5', { ...keepOne, work: ['preflight', 'inspect'] });
          assert.deepEqual(plan.of('purgeable'), [['v3']]);
          await runPrinted(first);
          assert.deepEqual((await deploy(site, 'v5'))?.of('warning'), []);
          assert.deepEqual(site.revisions(), ['v4', 'v5']);
          assertWhole(source);
        });
      }

      test('a file system of its own, one in it, and one over the whole revision', async () => {
        await using site = await scriptTarget(shell);
        await using mounts = new AsyncDisposableStack();
        await deploy(site, 'v1', 'v2');
        mounts.use(await mounted('tmpfs', `${site.root}/revisions/v1/cache`));
        mounts.use(await mounted('tmpfs', `${site.root}/revisions/v1/cache/deep`));
        writeFileSync(`${site.root}/revisions/v1/cache/deep/precious`, 'precious\n');
        const told = warned(await deploy(site, 'v3'), 'revision v1');
        assertWhole(`${site.root}/revisions/v1/cache`);
        await runPrinted(told);
        mounts.use(await mounted('tmpfs', `${site.root}/revisions/v2`));
        mkdirSync(`${site.root}/revisions/v2/deep`);
        writeFileSync(`${site.root}/revisions/v2/deep/precious`, 'precious\n');
        const again = warned(await deploy(site, 'v4'), 'revision v2');
        assertWhole(`${site.root}/revisions/v2`);
        await runPrinted(again);
        await deploy(site, 'v5');
        assert.deepEqual(site.revisions(), ['v4', 'v5']);
      });

      test('in a revision that fails before the switch: its name gets an ending until it is unmounted', async () => {
        await using site = await scriptTarget(shell);
        await using mounts = new AsyncDisposableStack();
        const source = share(site);
        await deploy(site, 'v1');
        const run = site.session({ ...keepOne, revision: 'v2' });
        await run.session.perform(upToRevision);
        mounts.use(await mounted(source, `${site.root}/revisions/v2/share`));
        await run.session.perform(back, { last: true });
        const told = warned(run, 'revision v2', 'sudo umount');
        assertWhole(source);
        await assert.rejects(site.perform('prepare', 'v2'), /revision v2 cannot be removed: .*sudo umount/);
        const next = site.session({ ...keepOne, revision: 'v2' });
        await next.session.perform([...upToRevision, ...back], { last: true });
        assert.deepEqual(next.of('revision'), [['v2-1234567890']]);
        assertWhole(source);
        await runPrinted(told);
        assert.deepEqual((await deploy(site, 'v2'))?.of('revision'), [['v2']]);
        assertWhole(source);
      });

      test('in what a killed run made: the next one settles it and leaves the mount alone', async () => {
        await using site = await scriptTarget(shell);
        await using mounts = new AsyncDisposableStack();
        const source = share(site);
        await deploy(site, 'v1');
        const run = site.session({ ...keepOne, ...quick, revision: 'v2' });
        await run.session.perform(upToRevision);
        mounts.use(await mounted(source, `${site.root}/revisions/v2/share`));
        process.kill(-(run.connection.pids[0] ?? 0), 'SIGKILL');
        await gone(run);
        const next = await site.perform('deploy', 'v3', { ...keepOne, ...quick });
        assert.ok(next.of('warning').some(([, text]) => /revision v2 .*sudo umount/.test(text ?? '')));
        assertWhole(source);
        assert.equal(site.active(), 'v3');
      });

      test('in what an older version left half deleted: told by each run and by status, and kept', async () => {
        await using site = await scriptTarget(shell);
        await using mounts = new AsyncDisposableStack();
        const source = share(site);
        await deploy(site, 'v1');
        const left = `${site.root}/revisions/.shipper/runs/gone-run-old`;
        mounts.use(await mounted(source, `${left}/purged/v0/share`));
        for (const name of ['v2', 'v3']) warned(await deploy(site, name), 'revision v0', left, 'sudo umount');
        const told = warned(await site.perform('status'), 'revision v0', left, 'sudo umount');
        assertWhole(source);
        await runPrinted(told);
        assert.deepEqual((await deploy(site, 'v4'))?.of('warning'), []);
        assert.equal(existsSync(left), false);
        assertWhole(source);
      });

      test('in the state directory: what a run leaves there is not deleted through it, and the lock is free', async () => {
        await using site = await scriptTarget(shell);
        await using mounts = new AsyncDisposableStack();
        const source = share(site);
        await deploy(site, 'v1');
        const run = site.session({ ...keepOne, revision: 'v2' });
        await run.session.perform(upToRevision);
        const own = `${site.root}/revisions/.shipper/runs/${run.token}`;
        mounts.use(await mounted(source, `${own}/trash/share`));
        await run.session.perform(back, { last: true });
        assertWhole(source);
        assert.deepEqual(site.states().includes('lock'), false);
        await runPrinted(warned(run, 'sudo umount'));
        await deploy(site, 'v3');
        assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
      });

      test('where a link has to be: it is not made, and nothing is moved', async () => {
        await using site = await scriptTarget(shell);
        await using mounts = new AsyncDisposableStack();
        const source = share(site);
        const target = { symlinks: [{ source, path: 'uploads' }] };
        const run = site.session({ ...keepOne, revision: 'v1', target });
        await run.session.perform(upToRevision);
        mounts.use(await mounted(source, `${site.root}/revisions/v1/uploads/deep/er`));
        await run.session.perform(['create_symlinks', ...back], { last: true });
        assertWhole(source);
        assert.ok(
          run.of('warning').some(([, text]) => /link uploads could not be made: .*sudo umount/.test(text ?? '')),
        );
      });

      describe('whose table is not that of Linux', { concurrency: true }, () => {
        /** Without /proc; `uname` and `mount` answer like this. */
        const foreign = async (site: ScriptTarget, system: string, table: string): Promise<Steps> => {
          const [unshare, umount] = await Promise.all(
            ['unshare', 'umount'].map(async (name) => findProgram(name, 'mount')),
          );
          const enter = `'${unshare ?? ''}' --mount /bin/sh -c '${umount ?? ''} -l /proc && exec "$@"' sh`;
          const begin = `[ -n "\${RIG_HIDDEN-}" ] || RIG_HIDDEN=1 exec ${enter} "$0" "$@"`;
          site.shim('sh', `${begin}\nexec '${site.home}/bin-${shell}/sh' "$@"`); // Which finds the other shims.
          site.shim('uname', `[ "$1" != -s ] || { echo ${system}; exit; }`);
          site.shim('mount', `printf '%s\\n' '${table}'; exit`);
          return { ...keepOne, shimmed: true };
        };

        for (const [system, line] of [
          ['FreeBSD', (point: string): string => `/srv/share on ${point} (nullfs, local)`],
          ['Darwin', (point: string): string => `/dev/disk1 on ${point} (apfs, local, journaled)`],
          ['CYGWIN', (point: string): string => `C:/share on ${point} type ntfs (binary,user)`],
          ['SunOS', (point: string): string => `${point} on /srv/share read/write/setuid on Mon Nov 23 2026`],
        ] as const) {
          test(`${system}: what is mounted stays, what is not goes`, async () => {
            await using site = await scriptTarget(shell);
            const point = `${site.root}/revisions/v1/a share (of all) on here`;
            const steps = await foreign(
              site,
              system,
              `${line('/')}\n${line(point)}\n${line(`${site.root}/revisions/v22`)}`,
            );
            for (const name of ['v1', 'v2', 'v3']) await site.perform('deploy', name, steps);
            warned(
              await site.perform('deploy', 'v4', steps),
              'revision v1',
              `sudo umount '${point.split(' on here')[0] ?? ''}`,
            );
            assert.deepEqual(site.revisions(), ['v1', 'v3', 'v4']);
          });
        }

        test('Linux without /proc: nothing is removed, and it is said', async () => {
          await using site = await scriptTarget(shell);
          await deploy(site, 'v1', 'v2');
          const steps = await foreign(site, 'Linux', 'proc on /proc type proc (rw)');
          const run = await site.perform('deploy', 'v3', steps);
          warned(run, 'no revision was removed', 'the mounts of this system cannot be read');
          assert.deepEqual(site.revisions(), ['v1', 'v2', 'v3']);
          warned(await site.perform('status', '', steps), 'the mounts of this system cannot be read');
          assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
          await deploy(site, 'v4');
          assert.deepEqual(site.revisions(), ['v3', 'v4']);
        });
      });
    });
  }
});
