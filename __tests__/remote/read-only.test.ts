import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { copySite } from '../rig/copied-site.ts';
import { runPrinted } from '../rig/printed-command.ts';
import { run } from '../rig/program.ts';
import { type ScriptRun, type ScriptTarget, scriptTarget, type Steps, whole } from '../rig/script-target.ts';
import { runAs } from '../rig/script-user.ts';
import { isLarge, share, someShells } from '../rig/share.ts';
import { assertNextWorks, assertServes, attack, beforeEach, furnish, quick } from './attack.ts';

const someone = 12_001;
const places = [
  ['the revisions directory', 'revisions'],
  ["the active symlink's directory", '.'],
  ["Shipper's own directory", 'revisions/.shipper'],
] as const;
const moments = [0, 3, 4, 5];
const taken = isLarge ? moments.length : 1;
let cases = 0;

// Most of it is waiting.
describe('directories that the user may not write to', { concurrency: true }, () => {
  for (const shell of someShells('read-only')) {
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
          await beforeEach(share(`moments of ${what}`, moments, taken), async (index) => {
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
        const refused = site.perform('deploy', 'new', { ...all, ...quick });
        await assert.rejects(refused, /may not write to .*revisions.*sudo chown/);
        assertServes(site, 'old');
        assert.deepEqual(site.revisions(), ['old', 'older']);
        chownSync(`${site.root}/revisions`, someone, someone);
        await assertNextWorks(site, all);
      });

      const keepOne = (): Steps => ({ ...all, config: { ...all.config, revisionsToKeep: 1 } });
      const warning = (run: ScriptRun, ...parts: readonly string[]): string => {
        const texts = run.of('warning').map(([, text]) => text ?? '');
        const fitting = texts.filter((text) => parts.every((part) => text.includes(part)));
        assert.equal(fitting.length, 1, texts.join('\n'));
        return fitting[0] ?? '';
      };

      test('files of someone else in an old revision: told with what to do by each run, until it is done', async () => {
        await using site = await ownedSite();
        mkdirSync(`${site.root}/revisions/older/it's locked`);
        writeFileSync(`${site.root}/revisions/older/it's locked/file`, '');
        const left = `${site.root}/revisions/.shipper/runs/gone-`;
        for (const name of ['v3', 'v4'])
          warning(await site.perform('deploy', name, keepOne()), 'of revision older', left);
        assertServes(site, 'v4');
        const told = warning(await site.perform('status', '', keepOne()), 'of revision older', left, 'sudo chown -hR ');
        await runPrinted(told);
        await site.perform('deploy', 'v5', keepOne());
        assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
      });

      test('an old revision that belongs to someone else stays, and is purged once it was given back', async () => {
        await using site = await ownedSite();
        chownSync(`${site.root}/revisions/older`, 0, 0);
        const told = warning(await site.perform('deploy', 'v3', keepOne()), 'revision older', 'sudo chown -hR ');
        assert.ok(site.revisions().includes('older'));
        await runPrinted(told);
        assert.deepEqual((await site.perform('deploy', 'v4', keepOne())).of('warning'), []);
        assert.deepEqual(site.revisions(), ['v3', 'v4']);
      });

      test('a revision that a listener made read-only is purged, and is there again where the run goes back', async () => {
        await using site = await ownedSite();
        await run('chmod', ['-R', 'a-w', `${site.root}/revisions/older`]);
        const failing = site.session({ ...keepOne(), revision: 'v3' });
        await failing.session.perform(whole.deploy.slice(0, 7));
        assert.deepEqual(failing.of('purged'), [['older']]);
        await failing.session.perform(['go_back', 'discard', 'unlock'], { last: true });
        assert.ok(site.revisions().includes('older'));
        assert.deepEqual((await site.perform('deploy', 'v4', keepOne())).of('warning'), []);
        assert.ok(!site.revisions().includes('older'));
        await assertNextWorks(site, all);
      });

      for (const [what, spoil] of [
        ['read-only', async (path: string): Promise<unknown> => run('chmod', ['-R', 'a-w', path])],
        ['closed', async (path: string): Promise<unknown> => run('chmod', ['000', path])],
      ] as const) {
        test(`a revision that is ${what} when the run fails is gone, and its name is free`, async () => {
          await using site = await ownedSite();
          const failing = site.session({ ...all, revision: 'v3' });
          await failing.session.perform(whole.deploy.slice(0, 4));
          await spoil(`${site.root}/revisions/v3`);
          await failing.session.perform(['go_back', 'discard', 'unlock'], { last: true });
          assert.deepEqual(failing.of('warning'), []);
          assert.deepEqual((await site.perform('deploy', 'v3', all)).of('revision'), [['v3']]);
        });
      }

      test('a revision that someone else took over when the run fails: its name gets an ending until it is given back', async () => {
        await using site = await ownedSite();
        const failing = site.session({ ...all, revision: 'v3' });
        await failing.session.perform(whole.deploy.slice(0, 4));
        chownSync(`${site.root}/revisions/v3`, 0, 0);
        await failing.session.perform(['go_back', 'discard', 'unlock'], { last: true });
        const told = warning(failing, 'revision v3', 'sudo chown -hR ');
        const refused = site.perform('prepare', 'v3', all);
        await assert.rejects(refused, /revision v3 cannot be removed: .*; on the server: sudo chown -hR /);
        const next = site.session({ ...all, revision: 'v3' });
        await next.session.perform([...whole.deploy.slice(0, 4), 'go_back', 'discard', 'unlock'], { last: true });
        assert.deepEqual(next.of('revision'), [['v3-1234567890']]);
        await runPrinted(told);
        assert.deepEqual((await site.perform('deploy', 'v3', all)).of('revision'), [['v3']]);
      });
    });
  }
});

test('directories were made read-only often enough', (t) => {
  t.diagnostic(`${cases} read-only directories`);
  assert.equal(cases, someShells('read-only').length * places.length * taken);
});
