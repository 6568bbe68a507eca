import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { copySite } from '../rig/copied-site.ts';
import { shells } from '../rig/local-connection.ts';
import { type ScriptTarget, scriptTarget, type Steps } from '../rig/script-target.ts';
import { runAs } from '../rig/script-user.ts';
import { assertNextWorks, assertServes, attack, beforeEach, furnish, quick } from './attack.ts';

const someone = 12_001;
const places = [
  ['the revisions directory', 'revisions'],
  ["the active symlink's directory", '.'],
  ["Shipper's own directory", 'revisions/.shipper'],
] as const;
const moments = [0, 3, 4, 5];
let cases = 0;

// Most of it is waiting.
describe('directories that the user may not write to', { concurrency: true }, () => {
  for (const shell of shells) {
    describe(`under ${shell}`, { concurrency: 2 }, () => {
      let model: ScriptTarget;
      let all: Steps;
      before(async () => {
        model = await scriptTarget(shell);
        await runAs(model, someone, someone);
        mkdirSync(model.root);
        chownSync(model.root, someone, someone);
        all = await furnish(model, { shimmed: true });
      });
      after(async () => model[Symbol.asyncDispose]());

      /** A site whose active revision is `old`, and all of which belongs to someone. */
      const ownedSite = async (): Promise<ScriptTarget> => {
        const site = await scriptTarget(shell);
        await runAs(site, someone, someone);
        await copySite(model.root, site.root);
        return site;
      };

      for (const [what, path] of places) {
        test(`${what} read-only from any step on: the old revision is served, and the next deploy works`, async () => {
          await beforeEach(moments, async (index) => {
            cases += 1;
            await using site = await ownedSite();
            const directory = `${site.root}/${path}`;
            const succeeded = await attack(site, all, index, () => chmodSync(directory, 0o555), 'recovers');
            assertServes(site, succeeded ? 'new' : 'old');
            chmodSync(directory, 0o755);
            await assertNextWorks(site, all);
          });
        });
      }

      test("the active symlink's directory read-only after the switch: the next run goes back first", async () => {
        await using site = await ownedSite();
        await attack(site, all, 6, () => chmodSync(site.root, 0o555), 'is lost');
        assertServes(site, 'new');
        chmodSync(site.root, 0o755);
        await assertNextWorks(site, all);
        assert.match(site.journal(), /\nreturned new .* \.\n/);
      });

      test('a revisions directory that belongs to someone else is named with what to do, and nothing is touched', async () => {
        await using site = await ownedSite();
        chownSync(`${site.root}/revisions`, 0, 0);
        const run = site.perform('deploy', 'new', { ...all, ...quick });
        await assert.rejects(run, /may not write to .*revisions.*sudo chown/);
        assertServes(site, 'old');
        assert.deepEqual(site.revisions(), ['old', 'older']);
        chownSync(`${site.root}/revisions`, someone, someone);
        await assertNextWorks(site, all);
      });

      test('an old revision that belongs to someone else is a warning at its purge, not a failed deploy', async () => {
        await using site = await ownedSite();
        mkdirSync(`${site.root}/revisions/older/locked`);
        writeFileSync(`${site.root}/revisions/older/locked/file`, '');
        const { of } = await site.perform('deploy', 'v3', { ...all, config: { ...all.config, revisionsToKeep: 1 } });
        assert.match(String(of('warning')), /older|trash/);
        assertServes(site, 'v3');
      });
    });
  }
});

test('directories were made read-only often enough', (t) => {
  t.diagnostic(`${cases} read-only directories`);
  assert.equal(cases, shells.length * places.length * moments.length);
});
