import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type ScriptRun, type ScriptTarget, scriptTarget, whole } from '../rig/script-target.ts';
import { share, someShells } from '../rig/share.ts';
import { gone, quick } from './attack.ts';

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

/** renameat2(2) with RENAME_EXCHANGE, as `mv --exchange` calls it from coreutils 9.5 on. */
const exchangeBy =
  'my %number = (x86_64 => 316, aarch64 => 276); my $machine = `uname -m`; chomp $machine; ' +
  'syscall($number{$machine}, -100, my $one = $ARGV[0], -100, my $other = $ARGV[1], 2) == 0 or die "exchange: $!\\n"';

/** Where this machine's `mv` has no `--exchange` yet, the kernel is asked for the same. */
const exchange = `case $* in
  '--exchange --no-copy -T -- '*) shift 4; exec /usr/bin/perl -e '${exchangeBy}' "$@" ;;
esac`;

/** Every tool that changes anything while a directory becomes a revision, and how often it is called. */
const deaths = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => ({ tool: 'mv', number })),
  ...[1, 2, 3, 4].map((number) => ({ tool: 'ln', number })),
  { tool: 'chmod', number: 1 },
  { tool: 'chmod', number: 2 },
] as const;

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

    describe('a target that dies while it puts the symlink in a directory’s place', { concurrency: true }, () => {
      for (const { tool, number } of share('deaths of adopt', deaths, 4, { nameOf: (one) => JSON.stringify(one) })) {
        test(`before ${tool} number ${number}: the next adopt puts everything right`, async () => {
          await using site = await scriptTarget(shell);
          mkdirSync(`${site.root}/current`, { recursive: true });
          writeFileSync(`${site.root}/current/file`, 'live');
          mkdirSync(`${site.root}/revisions/1`, { recursive: true });
          mkdirSync(`${site.home}/count`);
          site.shim(
            tool,
            `for count in '${site.home}/count'/*; do :; done
            count=$(($(ls '${site.home}/count' | wc -l) + 1))
            : >'${site.home}/count/'$count
            [ $count -ne ${number} ] || kill -9 0`,
          );
          const run = site.session({ command: 'adopt', goal: 'adopt', shimmed: true, ...quick });
          await run.session.perform(whole.adopt, { last: true }).catch(() => undefined);
          await gone(run);
          const next = await site.perform('adopt', '', { ...quick });
          assert.deepEqual(next.of('error'), []);
          assert.ok(lstatSync(`${site.root}/current`).isSymbolicLink());
          assert.equal(readFileSync(`${site.root}/current/file`, 'utf8'), 'live');
          assert.deepEqual(await listed(site), ['1 completed', 'adopted-1234567890 completed']);
          assert.deepEqual(site.revisions(), ['1', 'adopted-1234567890'], 'no link is left among them');
        });
      }
    });

    test('a file that is live is read in every moment, where the system can exchange', async () => {
      for (let round = 0; round < 4; round += 1) {
        await using site = await scriptTarget(shell);
        mkdirSync(`${site.root}/revisions`, { recursive: true });
        mkdirSync(`${site.root}/current`);
        writeFileSync(`${site.root}/current/file`, 'whole\n');
        site.shim('mv', exchange);
        const reader = fork(join(import.meta.dirname, '../rig/reader.ts'), [`${site.root}/current/file`]);
        try {
          await once(reader, 'message');
          const run = await site.perform('adopt', 'r1', { shimmed: true });
          assert.deepEqual(run.of('warning'), []);
          assert.equal(site.active(), 'r1');
          reader.send('stop');
          const [told] = (await once(reader, 'message')) as [{ reads: number; failures: readonly string[] }];
          assert.deepEqual(told.failures, []);
          assert.ok(told.reads > 100, `${told.reads} reads`);
        } finally {
          reader.kill();
        }
      }
    });
  });
}
