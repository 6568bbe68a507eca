import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { stranger, swapAsStranger } from '../rig/stranger.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { yardHere, type YardHere } from './yard-here.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** A site with a directory that a stranger may write to, in which there are many, each with one file. */
function fill(yard: YardHere, count: number): void {
  writeFileSync(join(yard.site, 'index.html'), 'hello\n');
  mkdirSync(join(yard.site, 'cache'));
  for (const number of numbers(count)) {
    mkdirSync(join(yard.site, `cache/d${number}`));
    writeFileSync(join(yard.site, `cache/d${number}/f`), `content of ${number}\n`);
  }
}

function open(directory: string): void {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o777);
}

/** Everything that the stranger swaps for the directories, as its own. */
async function plant(directory: string, what: 'a pipe' | '/dev/zero' | 'a link'): Promise<void> {
  mkdirSync(directory);
  if (what === 'a pipe') execFileSync('mkfifo', [join(directory, 'f')]);
  else symlinkSync(what === 'a link' ? '/nowhere' : '/dev/zero', join(directory, 'f'));
  chownSync(directory, stranger.uid, stranger.gid);
  return Promise.resolve();
}

const patience = (): AbortSignal => AbortSignal.timeout(120_000);

for (const tools of ['GNU', 'BusyBox'] as const) {
  describe(`a stranger who may write to one directory of a revision, ${tools} tools`, () => {
    for (const what of ['a pipe', '/dev/zero'] as const) {
      test(`puts ${what} in the place of files: nothing is copied from there, and nothing hangs`, async () => {
        await using yard = await yardHere(tools);
        await using own = await temporaryDirectory('stranger');
        fill(yard, 40);
        await yard.upload('v0');
        const cache = yard.path('v0/cache');
        chmodSync(cache, 0o777);
        await plant(join(own.path, 'trap'), what);
        const pairs = numbers(40).map((number): [string, string] => {
          symlinkSync(join(own.path, 'trap'), join(cache, `l${number}`));
          return [join(cache, `d${number}`), join(cache, `l${number}`)];
        });
        const swapping = await swapAsStranger(pairs);
        for (const round of [1, 2, 3, 4, 5]) {
          await yard.upload(`v${round}`, 'v0', { signal: patience() });
          assert.equal(execFileSync('diff', ['-r', yard.site, yard.path(`v${round}`)], { encoding: 'utf8' }), '');
        }
        assert.ok((await swapping.end()) > 0);
        assert.ok(yard.lines.some((line) => line.includes(': 40 files sent') && line.includes(', 1 file copied')));
      });
    }

    test('swaps its directories of the new revision for links: no file lands elsewhere', async (t) => {
      await using yard = await yardHere(tools);
      await using elsewhere = await temporaryDirectory('elsewhere');
      fill(yard, 6);
      let [whole, refused] = [0, 0];
      for (const round of numbers(10)) {
        const cache = yard.path(`v${round}/cache`);
        open(cache);
        const pairs = numbers(6).map((number): [string, string] => {
          mkdirSync(join(cache, `d${number}`));
          symlinkSync(elsewhere.path, join(cache, `l${number}`));
          return [join(cache, `d${number}`), join(cache, `l${number}`)];
        });
        await using swapping = await swapAsStranger(pairs, 0.000_05);
        const error: unknown = await yard.add(`v${round}`, undefined, { signal: patience() }).catch((e: unknown) => e);
        if (error === undefined) whole += 1;
        else {
          assert.ok(error instanceof ShipperError && error.code === 'UPLOAD');
          assert.match(error.message, /symlink in the revision|was swapped|cannot be entered/);
          refused += 1;
        }
        assert.ok((await swapping.end()) > 0);
        assert.deepEqual(readdirSync(elsewhere.path), []);
      }
      t.diagnostic(`${whole} uploads went through, ${refused} were refused`);
    });
  });
}
