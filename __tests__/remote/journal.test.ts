import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { describe, test } from 'node:test';
import { type ScriptTarget, scriptTarget } from '../rig/script-target.ts';
import { isLarge, someShells } from '../rig/share.ts';

const journalOf = (site: ScriptTarget): string => `${site.root}/revisions/.shipper/journal`;

/** As `status` tells it: "v1 completed". */
async function listed(site: ScriptTarget): Promise<readonly string[]> {
  const { of } = await site.perform('status');
  return of('listed').map(([name, state]) => `${name ?? ''} ${state ?? ''}`);
}

async function deploy(site: ScriptTarget, ...names: readonly string[]): Promise<void> {
  for (const name of names) await site.perform('deploy', name);
}

/** Points the active symlink elsewhere, as a person would. */
function relink(site: ScriptTarget, text: string): void {
  rmSync(`${site.root}/current`);
  symlinkSync(text, `${site.root}/current`);
}

/** A deploy that fails after it has purged: all of it is put back. */
async function failAfterPurge(site: ScriptTarget, revision: string): Promise<void> {
  const run = site.session({ revision });
  await run.session.perform([
    ...(['preflight', 'lock', 'init_directories', 'create_revision', 'create_symlinks'] as const),
    ...(['link_current_revision', 'purge_old_revisions'] as const),
  ]);
  await run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
}

describe('what others did to a target', { concurrency: true }, () => {
  const old = isLarge ? 5_000 : 600;
  for (const shell of someShells('journal')) {
    describe(`a journal that is not as it was left, under ${shell}`, { concurrency: 4 }, () => {
      for (const cut of [1, 3, 20, 90]) {
        test(`torn ${cut} bytes before its end: what is active stays, the next deploy and a rollback work`, async () => {
          await using site = await scriptTarget(shell);
          await deploy(site, 'v1', 'v2');
          truncateSync(journalOf(site), statSync(journalOf(site)).size - cut);
          await deploy(site, 'v3');
          assert.deepEqual(site.revisions(), ['v1', 'v2', 'v3']);
          await site.perform('rollback');
          assert.equal(site.active(), cut < 3 ? 'v2' : 'v1', 'a torn record does not count');
          await deploy(site, 'v4');
          assert.equal(site.active(), 'v4');
          assert.ok(site.revisions().includes('v1'));
        });
      }

      for (const [what, spoil] of [
        ['empty', (file: string): void => truncateSync(file, 0)],
        ['missing', (file: string): void => rmSync(file)],
        ['binary', (file: string): void => writeFileSync(file, randomBytes(1_000_000))],
      ] as const) {
        test(`${what}: what it recorded is foreign now, never purged, and reached by name`, async () => {
          await using site = await scriptTarget(shell);
          await deploy(site, 'v1', 'v2', 'v3');
          spoil(journalOf(site));
          await deploy(site, 'v4', 'v5', 'v6', 'v7');
          assert.deepEqual(site.revisions(), ['v1', 'v2', 'v3', 'v5', 'v6', 'v7']);
          await site.perform('rollback');
          assert.equal(site.active(), 'v6');
          await site.perform('rollback', 'v2');
          assert.equal(site.active(), 'v2');
          assert.ok((await listed(site)).includes('v1 foreign'));
          await deploy(site, 'v8');
          assert.equal(site.active(), 'v8');
        });
      }

      test(`with ${old * 4} records of old: a deploy and a rollback are still quick`, async (t) => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1');
        const record = (event: string, index: number): string =>
          `\n${event} old${index} ${1_700_000_000 + index} run-old${index} someone 0123456 https://ci.example/${index} SHA256:test .\n`;
        const events = ['created', 'linked', 'completed', 'purged'] as const;
        const records = Array.from({ length: old }, (_, index) => events.map((event) => record(event, index)).join(''));
        writeFileSync(journalOf(site), records.join('') + site.journal());
        const start = performance.now();
        await deploy(site, 'v2', 'v3');
        await site.perform('rollback');
        const milliseconds = Math.round(performance.now() - start);
        assert.equal(site.active(), 'v2');
        assert.deepEqual(await listed(site), ['v1 completed', 'v2 completed', 'v3 bad']);
        assert.ok(site.journal().split('\n').length < 200, 'what is purged was forgotten');
        t.diagnostic(`two deploys and a rollback in ${milliseconds} ms`);
        assert.ok(milliseconds < 60_000, `${milliseconds} ms`);
      });

      test('with records that name what is outside, or nonsense: nothing of it is deleted or executed', async () => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1');
        mkdirSync(`${site.root}/victim`);
        mkdirSync(`${site.root}/revisions/foreign one`);
        const lines = [
          ...[
            String.raw`..\0057victim`,
            '../victim',
            '.shipper',
            '.',
            '..',
            '/',
            '-rf',
            '$(touch${IFS}x)',
            '`touch${IFS}x`',
          ],
          ...['*', String.raw`\c`, String.raw`\0`, String.raw`v1\n`, '%s%s%n', 'NaN', '0x10', '1e3', '__proto__'],
        ].flatMap((name) =>
          ['directory', 'created', 'completed', 'bad'].map((event) => `${event} ${name} 1 run-x - - - - .`),
        );
        const numbers = [
          'created v1 $(x) run-x ; & | - .',
          'linked v1 -5 run-x - - - - .',
          'created',
          '. . . . . . . . .',
        ];
        appendFileSync(journalOf(site), `\n${[...lines, ...numbers].join('\n')}\n`);
        await deploy(site, 'v2', 'v3', 'v4', 'v5');
        assert.equal(site.active(), 'v5');
        assert.ok(existsSync(`${site.root}/victim`), 'what is outside is still there');
        assert.deepEqual(site.revisions(), ['foreign one', 'v3', 'v4', 'v5']);
        assert.deepEqual(readdirSync(site.root).sort(), ['current', 'revisions', 'victim']);
        assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
        await site.perform('rollback');
        assert.equal(site.active(), 'v4');
      });

      test('with a clock that goes backwards: the order of creation counts', async () => {
        await using site = await scriptTarget(shell);
        site.shim(
          'date',
          'printf x >>"$HOME/ticks"; set -- $(wc -c <"$HOME/ticks"); echo $((1700000000 - $1 * 5000)); exit 0',
        );
        for (const name of ['v1', 'v2', 'v3', 'v4']) await site.perform('deploy', name, { shimmed: true });
        assert.deepEqual(site.revisions(), ['v2', 'v3', 'v4']);
        const times = [...site.journal().matchAll(/^created \S+ (\d+)/gm)].map(([, time]) => Number(time));
        assert.deepEqual(
          [...times].sort((one, other) => other - one),
          times,
          'the clock did go backwards',
        );
        await site.perform('rollback', '', { shimmed: true });
        assert.equal(site.active(), 'v3');
        assert.deepEqual(await listed(site), ['v2 completed', 'v3 completed', 'v4 bad']);
      });
    });

    describe(`an active symlink moved by hand, under ${shell}`, { concurrency: 4 }, () => {
      test('to an older revision: that one is active, is rolled back from, and is what a failed deploy returns to', async () => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1', 'v2', 'v3');
        relink(site, `${site.root}/revisions/v2`);
        await site.perform('rollback');
        assert.equal(site.active(), 'v1');
        relink(site, `${site.root}/revisions/v2`);
        await failAfterPurge(site, 'v4');
        assert.equal(site.active(), 'v2');
        await deploy(site, 'v5');
        assert.equal(site.active(), 'v5');
      });

      for (const [what, form] of [
        ['with a trailing slash', (root: string): string => `${root}/revisions/v1/`],
        ['relative to where it stands', (): string => './revisions/./v1'],
        ['with a relative path and a slash', (): string => 'revisions/v1/'],
        ['to a directory inside it', (root: string): string => `${root}/revisions/v1/public`],
        ['through a symlink of its own', (root: string): string => `${root}/live`],
      ] as const) {
        test(`to the oldest revision, ${what}: a deploy that fails after the purge finds it whole`, async () => {
          await using site = await scriptTarget(shell);
          await deploy(site, 'v1', 'v2', 'v3');
          mkdirSync(`${site.root}/revisions/v1/public`);
          writeFileSync(`${site.root}/revisions/v1/file`, 'old\n');
          writeFileSync(`${site.root}/revisions/v1/public/file`, 'old\n');
          symlinkSync(`${site.root}/revisions/v1`, `${site.root}/live`);
          relink(site, form(site.root));
          await failAfterPurge(site, 'v4');
          assert.equal(readFileSync(`${site.root}/current/file`, 'utf8'), 'old\n');
          await failAfterPurge(site, 'v5');
          assert.equal(readFileSync(`${site.root}/current/file`, 'utf8'), 'old\n');
          await deploy(site, 'v6');
          assert.ok(site.revisions().includes('v1'), 'the one before the active one is there to go back to');
        });
      }

      test('to a directory that is no revision: a failed deploy goes back there, and it is never touched', async () => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1');
        mkdirSync(`${site.root}/elsewhere/v1`, { recursive: true });
        writeFileSync(`${site.root}/elsewhere/v1/file`, 'foreign\n');
        relink(site, `${site.root}/elsewhere/v1`);
        await failAfterPurge(site, 'v2');
        assert.equal(readFileSync(`${site.root}/current/file`, 'utf8'), 'foreign\n');
        assert.deepEqual((await site.perform('status')).of('active'), [['', `${site.root}/elsewhere/v1`]]);
        await deploy(site, 'v3');
        await site.perform('rollback');
        assert.equal(site.active(), 'v1');
        relink(site, `${site.root}/elsewhere/v1`);
        await site.perform('rollback');
        assert.equal(site.active(), 'v1', 'without an active revision the newest good one is meant');
        assert.equal(readFileSync(`${site.root}/elsewhere/v1/file`, 'utf8'), 'foreign\n');
      });

      for (const [what, form] of [
        ['to nothing', (root: string): string => `${root}/nowhere`],
        ['to a revision that is not there', (root: string): string => `${root}/revisions/v9`],
      ] as const) {
        test(`${what}: a failed deploy leaves it as it was, the next one and a rollback work`, async () => {
          await using site = await scriptTarget(shell);
          await deploy(site, 'v1', 'v2');
          relink(site, form(site.root));
          const before = (await site.perform('status')).of('active')[0]?.[1];
          await failAfterPurge(site, 'v3');
          assert.equal((await site.perform('status')).of('active')[0]?.[1], before);
          await site.perform('rollback');
          assert.equal(site.active(), 'v2');
          relink(site, form(site.root));
          await deploy(site, 'v4');
          assert.equal(site.active(), 'v4');
        });
      }

      test('away: a failed deploy leaves none, the next one and a rollback work', async () => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1', 'v2');
        rmSync(`${site.root}/current`);
        await failAfterPurge(site, 'v3');
        assert.equal(site.active(), undefined);
        await site.perform('rollback');
        assert.equal(site.active(), 'v2');
        rmSync(`${site.root}/current`);
        await deploy(site, 'v4');
        assert.equal(site.active(), 'v4');
      });
    });

    describe(`revisions removed or made by others, under ${shell}`, { concurrency: 4 }, () => {
      test('the active one removed: status says so, rollback and deploy work', async () => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1', 'v2', 'v3');
        rmSync(`${site.root}/revisions/v3`, { recursive: true });
        assert.deepEqual(await listed(site), ['v1 completed', 'v2 completed']);
        await site.perform('rollback');
        assert.equal(site.active(), 'v2');
        rmSync(`${site.root}/revisions/v2`, { recursive: true });
        await deploy(site, 'v4');
        assert.equal(site.active(), 'v4');
        assert.deepEqual(site.revisions(), ['v1', 'v4']);
      });

      test('the one before it removed: rollback goes one further; all removed: it says that there is none', async () => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1', 'v2', 'v3');
        rmSync(`${site.root}/revisions/v2`, { recursive: true });
        await site.perform('rollback');
        assert.equal(site.active(), 'v1');
        await deploy(site, 'v4');
        rmSync(`${site.root}/revisions/v1`, { recursive: true });
        rmSync(`${site.root}/revisions/v3`, { recursive: true, force: true });
        await assert.rejects(site.perform('rollback'), /nothing to roll back to/);
        assert.equal(site.active(), 'v4');
      });

      test('one removed and made again by hand under its name: it may be the recorded one, and is never the active one purged', async () => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1', 'v2');
        rmSync(`${site.root}/revisions/v2`, { recursive: true });
        mkdirSync(`${site.root}/revisions/v2`);
        await deploy(site, 'v3');
        await site.perform('rollback');
        assert.equal(site.active(), 'v2');
      });

      test('files, symlinks and directories of another tool are neither counted nor purged nor followed', async () => {
        await using site = await scriptTarget(shell);
        await deploy(site, 'v1');
        const { root } = site;
        const foreign = ['20200101', '-rf', '*', '$(touch x)', 'two words', 'new\nline', 'ünïcode', "quo'te"];
        for (const name of foreign) mkdirSync(`${root}/revisions/${name}`);
        writeFileSync(`${root}/revisions/file`, '');
        symlinkSync(`${root}/revisions/v1`, `${root}/revisions/latest`);
        await deploy(site, 'v2', 'v3', 'v4', 'latest', 'file');
        const [renamed, other] = ['latest-1234567890', 'file-1234567890'];
        assert.equal(site.active(), other);
        const expected = [...foreign, 'file', 'latest', 'v4', renamed, other].sort();
        assert.deepEqual(site.revisions(), expected);
        for (const name of foreign) {
          await site.perform('rollback', name);
          assert.equal(site.active(), name);
        }
        await site.perform('rollback');
        assert.equal(site.active(), other);
      });
    });
  }
});
