import assert from 'node:assert/strict';
import { appendFileSync, statSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShipperError } from '../../src/errors.ts';
import { copySite } from '../rig/copied-site.ts';
import { type ScriptTarget, scriptTarget, type Steps, whole } from '../rig/script-target.ts';
import { isLarge, share, someShells } from '../rig/share.ts';
import { mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts';
import { assertNextWorks, assertServes, attack, beforeEach, furnish, quick } from './attack.ts';

const page = 4096;

/** Lets the journal's last page have that much room, so that a record is torn on a full disk. */
function padJournal(site: ScriptTarget, room: number): void {
  const file = `${site.root}/revisions/.shipper/journal`;
  const missing = (2 * page - room - (statSync(file).size % page)) % page;
  appendFileSync(file, `${'x'.repeat(Math.max(0, missing - 1))}\n`);
}

interface OnDisk extends AsyncDisposable {
  readonly site: ScriptTarget;
  readonly disk: SmallDisk;
}

const steps = whole.deploy.slice(0, -1);
const spoilers = {
  'no block left': (disk: SmallDisk): void => disk.fill(),
  'no inode left': (disk: SmallDisk): void => disk.takeInodes(),
} as const;
const taken = isLarge ? steps.length : 3;
let cases = 0;

// Most of it is waiting.
describe('a disk that fails', { concurrency: true }, () => {
  for (const shell of someShells('disk')) {
    describe(`under ${shell}`, { concurrency: 2 }, () => {
      let model: ScriptTarget;
      let all: Steps;
      before(async () => {
        model = await scriptTarget(shell);
        all = await furnish(model);
      });
      after(async () => model[Symbol.asyncDispose]());

      /** A site whose active revision is `old`, on a small disk. */
      const siteOnDisk = async (): Promise<OnDisk> => {
        await using stack = new AsyncDisposableStack();
        const site = stack.use(await scriptTarget(shell));
        const disk = stack.use(await mountSmallDisk(site.root));
        await copySite(model.root, site.root);
        const held = stack.move();
        return { site, disk, [Symbol.asyncDispose]: async () => held.disposeAsync() };
      };

      for (const [what, spoil] of Object.entries(spoilers)) {
        for (const ending of ['recovers', 'is lost'] as const) {
          test(`${what}, before each step in turn; the run ${ending}: the old revision is served, the next deploy works`, async () => {
            await beforeEach(share(`${what}, ${ending}`, [...steps.keys()], taken), async (index) => {
              cases += 1;
              await using place = await siteOnDisk();
              const { site, disk } = place;
              padJournal(site, [0, 40, 150, 400][index % 4] ?? 0);
              const succeeded = await attack(site, all, index, () => spoil(disk), ending);
              assertServes(site, succeeded ? 'new' : 'old');
              disk.free();
              await assertNextWorks(site, all);
            });
          });
        }

        test(`${what} after the switch, and all of the target is killed: the next run goes back first`, async () => {
          await using place = await siteOnDisk();
          const { site, disk } = place;
          await attack(site, all, 6, () => spoil(disk), 'is killed');
          assertServes(site, 'new');
          const next = site.perform('deploy', 'next-on-full', { ...all, ...quick });
          const succeeded = await next.then(
            () => true,
            (error: unknown) => {
              assert.ok(error instanceof ShipperError, String(error));
              return false;
            },
          );
          // Without one inode it cannot even begin; both are complete.
          assertServes(site, ...(succeeded ? ['next-on-full'] : ['old', 'new']));
          disk.free();
          await assertNextWorks(site, all);
          assert.match(site.journal(), /\nreturned new .* \.\n/);
        });
      }

      test('no block left while a holder waits: its beats are heard, nobody takes over', async () => {
        await using place = await siteOnDisk();
        const { site, disk } = place;
        const holder = site.session({ ...all, revision: 'new', ...quick });
        await holder.session.perform(whole.deploy.slice(0, 4));
        disk.fill();
        await sleep(500);
        disk.free();
        const other = site.session({ ...all, revision: 'other', ...quick, lockTimeout: 8 });
        const waited = other.session.perform(whole.deploy, { last: true });
        disk.fill();
        await assert.rejects(waited, { code: 'LOCKED' });
        disk.free();
        await holder.session.perform(whole.deploy.slice(4), { last: true });
        assertServes(site, 'new');
      });
    });
  }
});

test('the disk failed often enough', (t) => {
  t.diagnostic(`${cases} failed disks`);
  assert.equal(cases, someShells('disk').length * taken * 4);
});
