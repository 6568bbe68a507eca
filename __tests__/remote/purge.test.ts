import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type ScriptTarget, scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

const quick = { lease: 4, beat: 300, lockTimeout: 30 };
const keepOne = { config: { revisionsToKeep: 1 } };
const upToPurge = whole.deploy.slice(0, whole.deploy.indexOf('purge_old_revisions') + 1);

/** With v2 active and v1 before it, of which v1 is the next to be purged. */
async function siteWithTwo(site: ScriptTarget): Promise<void> {
  for (const name of ['v1', 'v2']) await site.perform('deploy', name, keepOne);
  writeFileSync(`${site.root}/revisions/v1/file`, 'whole\n');
}

for (const shell of someShells('purge')) {
  describe(`what was purged, under ${shell}`, { concurrency: true }, () => {
    test('is there again when the run goes back, and can be rolled back to', async () => {
      await using site = await scriptTarget(shell);
      await siteWithTwo(site);
      const run = site.session({ revision: 'v3', ...keepOne });
      await run.session.perform(upToPurge);
      assert.deepEqual(site.revisions(), ['v2', 'v3'], 'it is out of sight');
      await run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
      assert.deepEqual(run.of('purged'), [['v1']]);
      assert.deepEqual(site.revisions(), ['v1', 'v2', 'v3']);
      assert.equal(statSync(`${site.root}/revisions/v1/file`).size, 6);
      await site.perform('rollback', '', keepOne);
      assert.equal(site.active(), 'v1');
    });

    test('is there again when all of the target was killed, after the next run', async () => {
      await using site = await scriptTarget(shell);
      await siteWithTwo(site);
      const run = site.session({ revision: 'v3', ...keepOne, ...quick });
      await run.session.perform(upToPurge);
      process.kill(-(run.connection.pids[0] ?? 0), 'SIGKILL');
      await site.perform('rollback', '', { ...keepOne, ...quick });
      assert.equal(site.active(), 'v1');
      assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
    });

    test('is deleted once the run has completed', async () => {
      await using site = await scriptTarget(shell);
      await siteWithTwo(site);
      const { of } = await site.perform('deploy', 'v3', keepOne);
      assert.deepEqual(of('purged'), [['v1']]);
      assert.deepEqual(site.revisions(), ['v2', 'v3']);
      assert.match(site.journal(), /\ncompleted v3 .*\n+purged v1 /);
      assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
    });
  });

  test(`a link that led to no revision is gone back to, and the commands run there, under ${shell}`, async () => {
    await using site = await scriptTarget(shell);
    mkdirSync(`${site.root}/old`, { recursive: true });
    symlinkSync('old', `${site.root}/current`);
    const again = [`pwd > "$HOME/where"; echo "$SHIPPER_REVISION_PATH" >> "$HOME/where"`];
    const run = site.session({ revision: 'v1', again });
    await run.session.perform(whole.deploy.slice(0, -2));
    run.session.close();
    const seen = (): boolean => readdirSync(site.home).includes('where');
    for (let tries = 0; tries < 1200 && !seen(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(seen());
    await site.perform('status');
    assert.equal(site.active(), 'old');
  });

  test(`a source_dir is copied by the umask of the run, under ${shell}`, async () => {
    await using site = await scriptTarget(shell);
    const source = `${site.home}/source`;
    mkdirSync(source, { mode: 0o700 });
    writeFileSync(`${source}/program`, '', { mode: 0o755 });
    await site.perform('deploy', 'v1', { config: { sourceDir: source, umask: '027' } });
    const mode = (path: string): string => (statSync(`${site.root}/revisions/v1${path}`).mode & 0o777).toString(8);
    assert.deepEqual([mode(''), mode('/program')], ['750', '750']);
  });

  test(`a dry run of prepare meets a taken name, one of activate tells what it would purge, under ${shell}`, async () => {
    await using site = await scriptTarget(shell);
    for (const name of ['v1', 'v2', 'v3']) await site.perform('deploy', name, keepOne);
    await site.perform('prepare', 'p1');
    await site.perform('prepare', 'p2');
    const dry = { work: ['preflight', 'inspect'] as const, ...keepOne };
    await assert.rejects(site.perform('prepare', 'p1', dry), /p1 exists already/);
    const { of } = await site.perform('activate', 'p2', { ...dry, work: ['preflight', 'choose', 'inspect'] });
    assert.deepEqual([...of('purgeable').flat()].sort(), ['p1', 'v2']);
    const real = await site.perform('activate', 'p2', keepOne);
    assert.deepEqual([...real.of('purged').flat()].sort(), ['p1', 'v2']);
  });
}
