import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { shells } from '../rig/local-connection.ts';
import { scriptTarget, whole } from '../rig/script-target.ts';
import { swapAsStranger } from '../rig/stranger.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Everything in a directory, with its kinds and contents. */
function picture(directory: string): string {
  return execFileSync('sh', ['-c', 'find . -printf "%p %y %l\n" | sort; find . -type f -exec cat {} +'], {
    cwd: directory,
    encoding: 'utf8',
  });
}

/** What the stranger's links lead to: there is something in it by each name that the run uses. */
async function treasury(): Promise<Awaited<ReturnType<typeof temporaryDirectory>>> {
  const directory = await temporaryDirectory('elsewhere');
  for (const name of ['x', 'new', 'deep']) {
    mkdirSync(`${directory.path}/${name}`);
    writeFileSync(`${directory.path}/${name}/precious`, 'precious\n');
  }
  return directory;
}

describe('a stranger who may write to one directory of the new revision', { concurrency: true }, () => {
  for (const shell of shells) {
    test(`swaps parents and places of links: none is made, and nothing removed, elsewhere, under ${shell}`, async (t) => {
      await using site = await scriptTarget(shell);
      await using elsewhere = await treasury();
      const before = picture(elsewhere.path);
      mkdirSync(`${site.home}/share`);
      const links = numbers(4).flatMap((number) =>
        [`d${number}/x`, `d${number}/deep/y${number}`, `e${number}`].map((path) => ({
          source: `${site.home}/share`,
          path: `cache/${path}`,
        })),
      );
      let [made, refused] = [0, 0];
      for (const round of numbers(8)) {
        const run = site.session({ revision: `v${round}`, target: { symlinks: links } });
        const steps = whole.deploy.indexOf('create_symlinks');
        await run.session.perform(whole.deploy.slice(0, steps));
        const cache = `${site.root}/revisions/v${round}/cache`;
        const pairs = numbers(4).flatMap((number) =>
          ['d', 'e'].map((letter): [string, string] => {
            mkdirSync(`${cache}/${letter}${number}/x`, { recursive: true });
            symlinkSync(elsewhere.path, `${cache}/link-${letter}${number}`);
            return [`${cache}/${letter}${number}`, `${cache}/link-${letter}${number}`];
          }),
        );
        chmodSync(cache, 0o777);
        await using swapping = await swapAsStranger(pairs, 0.000_05);
        const error: unknown = await run.session.perform(['create_symlinks']).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        assert.ok((await swapping.end()) > 0);
        if (error === undefined) made += 1;
        else {
          assert.ok(error instanceof ShipperError && error.code === 'TARGET');
          refused += 1;
        }
        await run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
        assert.equal(picture(elsewhere.path), before);
      }
      t.diagnostic(`${made} times the links were made, ${refused} times refused`);
    });
  }
});
