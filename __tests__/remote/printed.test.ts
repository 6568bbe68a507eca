import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { printedCommand, runPrinted } from '../rig/printed-command.ts';
import { type ScriptTarget, scriptTarget, type Steps, whole } from '../rig/script-target.ts';
import { runAs } from '../rig/script-user.ts';
import { someShells } from '../rig/share.ts';
import { gone, quick } from './attack.ts';

const someone = 12_001;
const steps = { ...quick, shimmed: true };

function owned(path: string): void {
  mkdirSync(path, { recursive: true });
  chownSync(path, someone, someone);
}

async function refusal(site: ScriptTarget, more: Steps = {}): Promise<string> {
  const error = await site.perform('deploy', 'v2', { ...steps, ...more }).catch((reason: unknown) => reason);
  assert.ok(error instanceof ShipperError && error.code === 'TARGET', String(error));
  return error.message;
}

interface Case {
  readonly what: string;
  readonly spoil: (site: ScriptTarget) => Promise<unknown>;
  /** What the command must not do. */
  readonly hold?: (site: ScriptTarget) => void;
  readonly target?: (site: ScriptTarget) => Steps['target'];
}

const cases: readonly Case[] = [
  {
    what: 'a base directory that is missing: its parent is not given away',
    spoil: async () => Promise.resolve(),
    hold: ({ home }) => assert.equal(statSync(home).uid, 0),
  },
  {
    what: 'several directories that are missing, in several places',
    spoil: async () => Promise.resolve(),
    target: ({ home }) => ({
      activeSymlink: `${home}/the web/current`,
      revisions: `${home}/data/it's/revisions`,
      directories: [`${home}/data/it's/revisions`, `${home}/share/one`, `${home}/share/one/two`],
    }),
  },
  {
    what: "a first deploy that was root's: what others own beside it stays theirs",
    spoil: async (site) => {
      mkdirSync(`${site.root}/share`, { recursive: true });
      const target = { symlinks: [{ source: `${site.root}/share`, path: 'share' }] };
      await site.perform('deploy', 'v1', { target });
    },
    hold: ({ root }) => assert.equal(statSync(`${root}/share`).uid, 0),
  },
  {
    what: "Shipper's own directory that is root's, in one that is not",
    spoil: async (site) => {
      owned(site.root);
      owned(`${site.root}/revisions`);
      await site.perform('deploy', 'v1');
    },
  },
  {
    what: 'directories of the user that are read-only',
    spoil: async (site) => {
      owned(site.root);
      owned(`${site.root}/revisions`);
      for (const path of [site.root, `${site.root}/revisions`]) chmodSync(path, 0o555);
      return Promise.resolve();
    },
  },
  {
    what: "a directory in the active symlink's place",
    spoil: async ({ root }) => {
      owned(root);
      mkdirSync(`${root}/current/deep`, { recursive: true });
      return Promise.resolve();
    },
    hold: ({ root }) => assert.ok(statSync(`${root}/current.before-shipper/deep`).isDirectory()),
  },
  {
    what: 'a file in the place of the revisions',
    spoil: async ({ root }) => {
      owned(root);
      writeFileSync(`${root}/revisions`, 'precious');
      return Promise.resolve();
    },
    hold: ({ root }) => assert.equal(statSync(`${root}/revisions.before-shipper`).size, 8),
  },
  {
    what: 'an active symlink that moved',
    spoil: async (site) => {
      owned(site.root);
      await site.perform('deploy', 'v1', { ...steps, target: { activeSymlink: `${site.root}/live` } });
      rmSync(`${site.root}/live`);
    },
  },
  {
    what: "the active symlink's directory that is missing",
    spoil: async ({ root }) => {
      owned(root);
      return Promise.resolve();
    },
    target: ({ root }) => ({ activeSymlink: `${root}/public/current` }),
  },
];

// Most of it is waiting.
describe('the command that a message prints makes the next run succeed', { concurrency: true }, () => {
  for (const shell of someShells('printed')) {
    describe(`under ${shell}`, { concurrency: 4 }, () => {
      for (const { what, spoil, hold, target } of cases) {
        test(what, async () => {
          await using site = await scriptTarget(shell);
          await runAs(site, someone, someone);
          await spoil(site);
          const more = target === undefined ? {} : { target: target(site) ?? {} };
          await runPrinted(await refusal(site, more));
          const { of } = await site.perform('deploy', 'v2', { ...steps, ...more });
          assert.deepEqual(of('linked'), [['v2']]);
          hold?.(site);
        });
      }

      test('an active symlink that cannot be put back, since its directory was taken away', async () => {
        await using site = await scriptTarget(shell);
        await runAs(site, someone, someone);
        owned(site.root);
        await site.perform('deploy', 'v1', steps);
        const run = site.session({ ...steps, revision: 'v2' });
        await run.session.perform(whole.deploy.slice(0, 6));
        chownSync(site.root, 0, 0);
        const error: unknown = await run.session.perform(['go_back']).catch((reason: unknown) => reason);
        assert.ok(error instanceof Error && printedCommand(error.message).includes('sudo chown'), String(error));
        run.session.close();
        await gone(run);
        await runPrinted(error.message);
        await site.perform('deploy', 'v3', steps);
        assert.equal(site.active(), 'v3');
        assert.match(site.journal(), /\nreturned v2 .* \.\n/);
      });
    });
  }
});
