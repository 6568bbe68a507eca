import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShipperError } from '../../src/errors.ts';
import { shells } from '../rig/local-connection.ts';
import { type ScriptRun, type ScriptTarget, scriptTarget, type Steps, whole } from '../rig/script-target.ts';
import { runAs } from '../rig/script-user.ts';
import { mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts';

type Site = ScriptTarget;
const quick = { lease: 4, beat: 300, lockTimeout: 30 };
const page = 4096;
const someone = 12_001;

/** A site with content in its revisions: the active one is `old`. */
async function siteOn(root: Site, steps: Steps = {}): Promise<Steps> {
  const source = `${root.home}/source`;
  mkdirSync(source);
  writeFileSync(`${source}/file`, 'whole\n');
  const all = { ...steps, config: { sourceDir: source } };
  await root.perform('deploy', 'older', all);
  await root.perform('deploy', 'old', all);
  return all;
}

/** Lets the journal's last page have that much room, so that a record is torn on a full disk. */
function padJournal(site: Site, room: number): void {
  const file = `${site.root}/revisions/.shipper/journal`;
  const missing = (2 * page - room - (statSync(file).size % page)) % page;
  appendFileSync(file, `${'x'.repeat(Math.max(0, missing - 1))}\n`);
}

function assertServes(site: Site, ...revisions: readonly (string | undefined)[]): void {
  const active = site.active();
  assert.ok(revisions.includes(active), `${active ?? 'nothing'} is active`);
  assert.equal(readFileSync(`${site.root}/current/file`, 'utf8'), 'whole\n');
}

function assertNoTrace(site: Site): void {
  assert.deepEqual(site.states(), ['active', 'journal', 'runs']);
  assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
  assert.deepEqual(
    readdirSync(site.root)
      .filter((name) => name !== '.ballast')
      .sort(),
    ['current', 'revisions'],
  );
}

/** The next deploy succeeds, is complete, and nothing is left but what the journal explains. */
async function assertNextWorks(site: Site, steps: Steps): Promise<void> {
  await site.perform('deploy', 'next', { ...steps, ...quick });
  assertServes(site, 'next');
  assertNoTrace(site);
  const { of } = await site.perform('status', '', steps);
  const states = of('listed').map(([, state]) => state);
  assert.ok(!states.includes('unfinished') && !states.includes('foreign'), states.join());
}

async function gone({ connection }: ScriptRun): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    try {
      process.kill(-(connection.pids[0] ?? 0), 0);
    } catch {
      return;
    }
    await sleep(20);
  }
  assert.fail('the script has not ended');
}

/** What the run does when the disk failed it. */
type Ending = 'recovers' | 'is lost' | 'is killed';

/** Takes the steps one by one, `spoils` before the one at `index`, and ends as a runner does: by itself, or lost. */
async function attack(site: Site, steps: Steps, index: number, spoil: () => void, ending: Ending): Promise<boolean> {
  const run = site.session({ ...steps, revision: 'new', ...quick });
  try {
    if (index > 0) await run.session.perform(whole.deploy.slice(0, index));
    spoil();
    if (ending === 'is killed') {
      process.kill(-(run.connection.pids[0] ?? 0), 'SIGKILL');
    } else if (ending === 'is lost') {
      for (const step of whole.deploy.slice(index, -2)) await run.session.perform([step]);
      run.session.close();
    } else {
      await run.session.perform(whole.deploy.slice(index), { last: true });
    }
    await gone(run);
    return ending === 'recovers';
  } catch (error) {
    assert.ok(error instanceof ShipperError && error.code !== 'INTERNAL', String(error));
    if (ending === 'recovers' && run.session.open) {
      await run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
    } else run.session.close();
    await gone(run);
    return false;
  }
}

let cases = 0;

/** Does it for each index, two at once, and names those that failed. */
async function forEach(indices: readonly number[], attackAt: (index: number) => Promise<void>): Promise<void> {
  const waiting = [...indices];
  const failed: string[] = [];
  const lane = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      cases += 1;
      await attackAt(index).catch((error: unknown) => failed.push(`before ${steps[index] ?? ''}: ${String(error)}`));
    }
  };
  await Promise.all([lane(), lane()]);
  assert.deepEqual(failed, []);
}

const steps = whole.deploy.slice(0, -1);
const spoilers = {
  'no block left': (disk: SmallDisk): void => disk.fill(),
  'no inode left': (disk: SmallDisk): void => disk.takeInodes(),
} as const;

for (const shell of shells) {
  describe(`a disk that fails, under ${shell}`, { concurrency: 2 }, () => {
    for (const [what, spoil] of Object.entries(spoilers)) {
      for (const ending of ['recovers', 'is lost'] as const) {
        test(`${what}, before each step in turn; the run ${ending}: the old revision is served, the next deploy works`, async () => {
          await forEach([...steps.keys()], async (index) => {
            await using site = await scriptTarget(shell);
            await using disk = await mountSmallDisk(site.root);
            const all = await siteOn(site);
            padJournal(site, [0, 40, 150, 400][index % 4] ?? 0);
            const succeeded = await attack(site, all, index, () => spoil(disk), ending);
            assertServes(site, succeeded ? 'new' : 'old');
            disk.free();
            await assertNextWorks(site, all);
          });
        });
      }

      test(`${what} after the switch, and all of the target is killed: the next run goes back first`, async () => {
        await using site = await scriptTarget(shell);
        await using disk = await mountSmallDisk(site.root);
        const all = await siteOn(site);
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
      await using site = await scriptTarget(shell);
      await using disk = await mountSmallDisk(site.root);
      const all = await siteOn(site);
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

  describe(`directories that the user may not write to, under ${shell}`, { concurrency: 2 }, () => {
    const owned = async (site: Site): Promise<Steps> => {
      await runAs(site, someone, someone);
      mkdirSync(site.root);
      chownSync(site.root, someone, someone);
      return siteOn(site, { shimmed: true });
    };

    for (const [what, path] of [
      ['the revisions directory', 'revisions'],
      ["the active symlink's directory", '.'],
      ["Shipper's own directory", 'revisions/.shipper'],
    ] as const) {
      test(`${what} read-only from any step on: the old revision is served, and the next deploy works`, async () => {
        await forEach([0, 3, 4, 5], async (index) => {
          await using site = await scriptTarget(shell);
          const all = await owned(site);
          const directory = `${site.root}/${path}`;
          const succeeded = await attack(site, all, index, () => chmodSync(directory, 0o555), 'recovers');
          assertServes(site, succeeded ? 'new' : 'old');
          chmodSync(directory, 0o755);
          await assertNextWorks(site, all);
        });
      });
    }

    test("the active symlink's directory read-only after the switch: the next run goes back first", async () => {
      await using site = await scriptTarget(shell);
      const all = await owned(site);
      await attack(site, all, 6, () => chmodSync(site.root, 0o555), 'is lost');
      assertServes(site, 'new');
      chmodSync(site.root, 0o755);
      await assertNextWorks(site, all);
      assert.match(site.journal(), /\nreturned new .* \.\n/);
    });

    test('a revisions directory that belongs to someone else is named with what to do, and nothing is touched', async () => {
      await using site = await scriptTarget(shell);
      const all = await owned(site);
      chownSync(`${site.root}/revisions`, 0, 0);
      const run = site.perform('deploy', 'new', { ...all, ...quick });
      await assert.rejects(run, /may not write to .*revisions.*sudo chown/);
      assertServes(site, 'old');
      assert.deepEqual(site.revisions(), ['old', 'older']);
      chownSync(`${site.root}/revisions`, someone, someone);
      await assertNextWorks(site, all);
    });

    test('an old revision that belongs to someone else is a warning at its purge, not a failed deploy', async () => {
      await using site = await scriptTarget(shell);
      const all = await owned(site);
      mkdirSync(`${site.root}/revisions/older/locked`);
      writeFileSync(`${site.root}/revisions/older/locked/file`, '');
      const { of } = await site.perform('deploy', 'v3', { ...all, config: { ...all.config, revisionsToKeep: 1 } });
      assert.match(String(of('warning')), /older|trash/);
      assertServes(site, 'v3');
    });
  });
}

test('the disk failed often enough', (t) => {
  t.diagnostic(`${cases} failed disks and directories`);
  assert.equal(cases, shells.length * (steps.length * 4 + 12));
});
