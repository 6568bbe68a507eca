import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type ScriptRun, type ScriptTarget, scriptTarget } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

/** Directories with a file each, made in the opposite of their order, and the active symlink as another tool leaves it. */
function left(site: ScriptTarget, names: readonly string[], active: string): void {
  names.forEach((name, index) => {
    mkdirSync(`${site.root}/revisions/${name}`, { recursive: true });
    writeFileSync(`${site.root}/revisions/${name}/file`, name);
    utimesSync(`${site.root}/revisions/${name}`, 1_700_000_000 - index, 1_700_000_000 - index);
  });
  symlinkSync(`revisions/${active}`, `${site.root}/current`);
}

async function adopt(
  site: ScriptTarget,
  work: readonly string[] = ['preflight', 'init_directories', 'adopt', 'unlock'],
): Promise<ScriptRun> {
  // The runner's side names the command once it has it; the target reads `goal` from the words.
  const run = site.session({ goal: 'adopt' });
  await run.session.perform(work, { last: true });
  return run;
}

async function listed(site: ScriptTarget): Promise<readonly string[]> {
  return (await site.perform('status')).of('listed').map((words) => words.slice(0, 2).join(' '));
}

const json = (name: string): string =>
  `{"created_at":"2026-01-01T00:00:00+0000","release_name":"${name}","user":"me","target":"main"}\n`;

for (const shell of someShells('adopt')) {
  describe(`adopting, under ${shell}`, { concurrency: true }, () => {
    for (const [what, names, log, source] of [
      ['Deployer 7', ['9', '10', '11'], ['.dep/releases_log', `${json('10')}${json('11')}`], 'the log'],
      [
        'Deployer 6',
        ['b', 'a', 'c'],
        ['.dep/releases', '20260101000000,b\n20260102000000,a\n20260103000000,c\n'],
        'the log',
      ],
      [
        'Capistrano',
        ['20260103000000', '20260101000000', '20260102000000'],
        [
          'revisions.log',
          ['20260103000000', '20260101000000', '20260102000000']
            .map((name) => `Branch main (at abc) deployed as release ${name} by me\n`)
            .join(''),
        ],
        'the log',
      ],
      ['numbers', ['8', '9', '10'], undefined, 'their names'],
      ['times', ['20260101-1010', '20260102-0900', '20260103-0000'], undefined, 'their names'],
      ['any names, by their files', ['newest', 'in between', "old'est"], undefined, 'the times'],
    ] as const) {
      test(`${what}: their order is known, and rollback and rotation go by it`, async () => {
        await using site = await scriptTarget(shell);
        const [first, middle, last] = names;
        const [oldest, newest] = source === 'the times' ? [last, first] : [first, last];
        left(site, names, newest);
        if (log !== undefined) {
          mkdirSync(`${site.root}/.dep`, { recursive: true });
          writeFileSync(`${site.root}/${log[0]}`, log[1]);
        }
        const before = await listed(site);
        const plan = await adopt(site, ['preflight', 'inspect']);
        assert.deepEqual(plan.of('adopted'), [[oldest], [middle], [newest]]);
        assert.match(String(plan.of('ordered_by')), new RegExp(`^${source}`));
        assert.deepEqual(await listed(site), before, 'a dry run changes nothing');
        const run = await adopt(site);
        assert.deepEqual(run.of('adopted'), [[oldest], [middle], [newest]]);
        assert.equal(readlinkSync(`${site.root}/current`), `revisions/${newest}`, 'the link is as it was');
        const all = [oldest, middle, newest].map((name) => `${name} completed`);
        assert.deepEqual(await listed(site), all);
        assert.deepEqual((await adopt(site)).of('adopted'), [], 'again, there is nothing to do');
        await site.perform('rollback');
        assert.equal(site.active(), middle);
        await site.perform('rollback', newest);
        await site.perform('deploy', 'v1');
        await site.perform('deploy', 'v2');
        assert.deepEqual(
          await listed(site),
          [`${newest} completed`, 'v1 completed', 'v2 completed'],
          'the oldest went first',
        );
      });
    }

    test('what Shipper deployed already is newer than what it adopts', async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      for (const name of ['1', '2']) mkdirSync(`${site.root}/revisions/${name}`);
      await adopt(site);
      assert.deepEqual(await listed(site), ['1 completed', '2 completed', 'v1 completed']);
    });

    test('a directory in the place of the active symlink becomes a revision, and is the newest', async () => {
      await using site = await scriptTarget(shell);
      mkdirSync(`${site.root}/current/deep`, { recursive: true });
      writeFileSync(`${site.root}/current/deep/file`, 'live');
      mkdirSync(`${site.root}/revisions/1`, { recursive: true });
      const { of } = await adopt(site);
      assert.deepEqual(of('adopted'), [['1'], ['adopted-1234567890']]);
      assert.ok(lstatSync(`${site.root}/current`).isSymbolicLink());
      assert.equal(readFileSync(`${site.root}/current/deep/file`, 'utf8'), 'live');
      assert.deepEqual(await listed(site), ['1 completed', 'adopted-1234567890 completed']);
      await site.perform('deploy', 'v1');
      await site.perform('rollback');
      assert.equal(site.active(), 'adopted-1234567890');
    });
  });
}
