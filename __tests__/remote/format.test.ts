import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type ScriptTarget, scriptTarget } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

/** As version 1.0.0 wrote it, which had no `.shipper/version`; and as one that knows a word more for each record would. */
const journals = [
  ['1.0.0', undefined, ''],
  ['today', '1\n', ''],
  ['a later one of the same format', '1\n', ' more'],
] as const;

const run = 'run-4ac3d0-0 someone 0123456 https://ci.example/1 SHA256:abc';

function record(event: string, name: string, second: number, more: string): string {
  return `\n${event} ${name} ${1_790_000_000 + second} ${run}${more} .\n`;
}

/** A directory with v1, v2 (bad), v3 (active), one that waits, one that was never finished and one that is gone. */
function furnish(site: ScriptTarget, version: string | undefined, more: string): void {
  const state = `${site.root}/revisions/.shipper`;
  mkdirSync(`${state}/runs`, { recursive: true });
  for (const name of ['v1', 'v2', 'v3', 'waits', 'half', 'by hand']) mkdirSync(`${site.root}/revisions/${name}`);
  symlinkSync(`${site.root}/revisions/v3`, `${site.root}/current`);
  const events = [
    ...(['created v0', 'linked v0', 'completed v0', 'created v1', 'linked v1', 'completed v1'] as const),
    ...(['created v2', 'linked v2', 'returned v2', 'created v3', 'linked v3', 'completed v3', 'purged v0'] as const),
    ...(['created waits', 'prepared waits', 'created half'] as const),
  ];
  const records = events.map((line, index) => record(...(line.split(' ') as [string, string]), index, more));
  writeFileSync(`${state}/journal`, `${records.join('')}\ncreated torn 1790000000 run-4ac`);
  writeFileSync(`${state}/active`, `${site.root}/current\n`);
  if (version !== undefined) writeFileSync(`${state}/version`, version);
}

for (const shell of someShells('format')) {
  describe(`a directory as an earlier or later version wrote it, under ${shell}`, { concurrency: true }, () => {
    for (const [what, version, more] of journals) {
      test(`${what}: every command knows its revisions`, async () => {
        await using site = await scriptTarget(shell);
        furnish(site, version, more);
        const listed = async (): Promise<readonly string[]> => {
          const { of } = await site.perform('status');
          return of('listed').map((words) => words.slice(0, 2).join(' '));
        };
        const states = [
          'v1 completed',
          'v2 bad',
          'v3 completed',
          'waits prepared',
          'half unfinished',
          'by hand foreign',
        ];
        assert.deepEqual(await listed(), states);
        const [first] = (await site.perform('status')).of('listed');
        const about = ['1790000003', '1790000004', 'someone', '0123456', 'https://ci.example/1'];
        assert.deepEqual(first, ['v1', 'completed', ...about]);
        const plan = await site.perform('deploy', 'v4', { work: ['preflight', 'inspect'] });
        assert.deepEqual([...plan.of('purgeable').flat()].sort(), ['half', 'v2', 'waits']);
        await site.perform('rollback');
        assert.equal(site.active(), 'v1');
        await site.perform('activate', 'waits');
        assert.equal(site.active(), 'waits');
        await site.perform('prepare', 'later');
        await site.perform('deploy', 'v4');
        assert.equal(site.active(), 'v4');
        assert.deepEqual(site.revisions(), ['by hand', 'v1', 'v4', 'waits']);
        assert.equal(readFileSync(`${site.root}/revisions/.shipper/version`, 'utf8'), '1\n');
      });
    }

    test('a newer format: refused by name by every command, and nothing is touched', async () => {
      await using site = await scriptTarget(shell);
      furnish(site, '2\n', '');
      const before = site.journal();
      for (const command of ['status', 'deploy', 'prepare', 'activate', 'rollback'] as const) {
        const refused = site.perform(command, command === 'rollback' ? '' : 'waits');
        await assert.rejects(refused, /was written by a newer Shipper, in format 2, and this one knows format 1 only/);
      }
      assert.equal(site.journal(), before);
      assert.equal(site.active(), 'v3');
      assert.ok(existsSync(`${site.root}/revisions/half`));
    });
  });
}
