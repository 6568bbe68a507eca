import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { endGroup, scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';
import { assertNeverTwoHolders } from './holders.ts';

const contenders = 20;

/** A number that looks random and is the same in every run. */
function scattered(index: number): number {
  return (Math.imul(index + 1, 2654435761) >>> 8) % 1000;
}

/** Resolves once the run has taken that many steps, or has ended. */
async function taken(
  steps: number,
  run: { of(kind: string): readonly unknown[]; session: { open: boolean } },
): Promise<void> {
  do await sleep(5);
  while (run.of('step').length < steps && run.session.open);
}

describe('the lock', { concurrency: true }, () => {
  for (const shell of someShells('contenders')) {
    test(`${contenders} runs at once, some killed: never two holders, no stale lock, under ${shell}`, async (t) => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'first');
      let settled = 0;
      const ended = Array.from({ length: contenders }, async (_, index) => {
        const run = site.session({ revision: `v${index}`, lease: 4, beat: 300, lockTimeout: 120 });
        const kill = () => {
          const [pid] = run.connection.pids;
          if (run.session.open && pid !== undefined) endGroup(pid);
        };
        if (index % 4 === 1) void sleep(100 + scattered(index) * 4).then(kill);
        if (index % 5 === 0) void taken(index / 5 + 3, run).then(kill);
        try {
          await run.session.perform(whole.deploy, { last: true });
          settled += run.of('settled').length;
          return run.token;
        } catch (error) {
          assert.match(String(error), /connection was lost/);
          return undefined;
        }
      });
      const survivors = (await Promise.all(ended)).filter((token) => token !== undefined);
      assert.ok(survivors.length >= contenders - 9);
      await site.perform('deploy', 'last', { lease: 4, beat: 300, lockTimeout: 120 });

      assertNeverTwoHolders(site, survivors);
      assert.equal(site.active(), 'last');
      assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper`).sort(), ['active', 'journal', 'runs', 'version']);
      t.diagnostic(`${contenders - survivors.length} killed of ${contenders}, ${settled} of them as holders`);
    });
  }
});
