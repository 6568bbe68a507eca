import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { scriptTarget } from '../rig/script-target.ts';
import { isLarge, someShells } from '../rig/share.ts';

/** Each a deploy and a rollback. */
const rounds = isLarge ? 40 : 8;

interface Tally {
  readonly reads: number;
  readonly failures: readonly string[];
}

describe('the active symlink', { concurrency: true }, () => {
  for (const shell of someShells('reader')) {
    test(`two readers in a tight loop see no failed open over ${rounds * 2} switches under ${shell}`, async (t) => {
      await using site = await scriptTarget(shell);
      mkdirSync(`${site.root}/source`, { recursive: true });
      writeFileSync(`${site.root}/source/file`, 'whole\n');
      const config = { sourceDir: `${site.root}/source` };
      await site.perform('deploy', 'first', { config });
      const readers = [1, 2].map(() =>
        fork(join(import.meta.dirname, '../rig/reader.ts'), [`${site.root}/current/file`]),
      );
      await Promise.all(readers.map(async (reader) => once(reader, 'message')));
      for (let index = 0; index < rounds; index += 1) {
        await site.perform('deploy', `v${index}`, { config });
        await site.perform('rollback');
      }
      const tallies = readers.map(async (reader) => {
        reader.send('stop');
        return ((await once(reader, 'message')) as [Tally])[0];
      });
      const counted = await Promise.all(tallies);
      assert.deepEqual(
        counted.flatMap(({ failures }) => failures),
        [],
      );
      const reads = counted.reduce((sum, tally) => sum + tally.reads, 0);
      assert.ok(reads > 500, `${reads} reads`);
      t.diagnostic(`${reads} reads over ${rounds * 2} switches`);
    });
  }
});
