import assert from 'node:assert/strict';
import type { ScriptTarget } from '../rig/script-target.ts';

/** Each run's records stand together: nobody else wrote between the first and the last of them. */
export function assertNeverTwoHolders(site: ScriptTarget, survivors: readonly string[]): void {
  const tokens = site
    .journal()
    .split('\n')
    .filter((line) => /^(?:created|linked|completed) /.test(line))
    .map((line) => line.split(' ')[3]);
  const blocks = tokens.filter((token, index) => token !== tokens[index - 1]);
  assert.equal(new Set(blocks).size, blocks.length, 'no two holders');
  for (const token of survivors) assert.equal(tokens.filter((each) => each === token).length, 3, token);
}
