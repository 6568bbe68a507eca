import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ScriptTarget, scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

interface Flush {
  readonly words: string;
  go(): void;
}

/** Every `sync` of the site waits, before it does its work, until the test has looked. */
function holdFlushes(site: ScriptTarget): (index: number) => Promise<Flush> {
  site.shim(
    'sync',
    `number=1
    until mkdir "$HOME/flush$number" 2>/dev/null; do number=$((number + 1)); done
    echo "$*" >"$HOME/flush$number/new" && mv "$HOME/flush$number/new" "$HOME/flush$number/words"
    until [ -e "$HOME/flush$number/go" ]; do sleep 0.05; done`,
  );
  return async (index) => {
    const directory = `${site.home}/flush${index}`;
    for (let tries = 0; tries < 3000 && !existsSync(`${directory}/words`); tries += 1) await sleep(10);
    const words = readFileSync(`${directory}/words`, 'utf8').trim();
    return { words, go: () => writeFileSync(`${directory}/go`, '') };
  };
}

describe('what a power cut must not lose is flushed in time', { concurrency: true }, () => {
  for (const shell of someShells('power-cut')) {
    test(`the content before the switch, the completion before it is told, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      mkdirSync(`${site.root}/source`, { recursive: true });
      writeFileSync(`${site.root}/source/file`, 'whole\n');
      const config = { sourceDir: `${site.root}/source`, sync: true };
      await site.perform('deploy', 'v1', { config: { ...config, sync: false } });
      const flush = holdFlushes(site);
      const target = { ...site.target, symlinks: [{ path: 'share', source: `${site.root}/source` }] };
      const run = site.session({ revision: 'v2', config, target, shimmed: true });
      const performed = run.session.perform(whole.deploy, { last: true });

      const first = await flush(1);
      assert.equal(first.words, `-f ${site.root}/revisions/v2 ${site.root}`);
      assert.equal(site.active(), 'v1', 'the switch waits for the flush');
      assert.equal(
        readFileSync(`${site.root}/revisions/v2/file`, 'utf8'),
        'whole\n',
        'all that is to be flushed is there',
      );
      assert.ok(existsSync(`${site.root}/revisions/v2/share/file`));
      await sleep(200);
      assert.equal(site.active(), 'v1');
      first.go();

      const second = await flush(2);
      // On two file systems, the record is not there before the switch.
      assert.equal(second.words, `-f ${site.root} ${site.root}/revisions/.shipper/journal`);
      assert.equal(site.active(), 'v2');
      assert.match(site.journal(), /^completed v2 .* \.$/m, 'the record is there to be flushed');
      await sleep(200);
      assert.deepEqual(run.of('completed'), [], 'who asked is told afterwards');
      second.go();
      await performed;
      assert.deepEqual(run.of('completed'), [['v2']]);
    });

    test(`what is prepared is flushed before the record that says so, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      const flush = holdFlushes(site);
      const run = site.session({ command: 'prepare', revision: 'v1', config: { sync: true }, shimmed: true });
      const performed = run.session.perform(whole.prepare, { last: true });
      const first = await flush(1);
      assert.equal(first.words, `-f ${site.root}/revisions/v1 ${site.root}`);
      assert.doesNotMatch(site.journal(), /^prepared /m);
      first.go();
      const second = await flush(2);
      assert.match(site.journal(), /^prepared v1 .* \.$/m, 'the record is there to be flushed');
      second.go();
      await performed;
      assert.deepEqual(run.of('completed'), [['v1']]);
    });

    test(`a journal that is written anew is flushed before it takes the place, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      const journal = `${site.root}/revisions/.shipper/journal`;
      const long = site.journal() + '\n'.repeat(3_000);
      writeFileSync(journal, long);
      const written = /^-f (\S+\/runs\/\S+\/journal)$/;
      site.shim(
        'sync',
        `case $* in *runs/*/journal) cat "$2" >"$HOME/written"; cat ${journal} >"$HOME/before"; echo "$*" >"$HOME/words" ;; esac`,
      );
      const read = (name: string): string => readFileSync(`${site.home}/${name}`, 'utf8');
      const flushed = { shimmed: true, config: { sync: true } };
      await site.perform('deploy', 'v2', flushed);
      assert.match(read('words').trim(), written);
      assert.ok(read('before').startsWith(long), 'it was there as it had been');
      assert.ok(site.journal().startsWith(read('written')) && site.journal().length < 2_000);

      mkdirSync(`${site.root}/revisions/by-hand`);
      await site.perform('adopt', '', flushed);
      assert.match(read('written'), /^completed by-hand .* \.$/m);
      assert.doesNotMatch(read('before'), /by-hand/);
    });

    test(`a rollback and an activation likewise; without \`sync\` nothing is flushed, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      for (const name of ['v1', 'v2']) await site.perform('deploy', name);
      const flush = holdFlushes(site);
      await site.perform('rollback', '', { shimmed: true });
      assert.equal(site.active(), 'v1', 'nothing waited for a flush');
      const run = site.session({ command: 'rollback', revision: 'v2', config: { sync: true }, shimmed: true });
      const performed = run.session.perform(whole.rollback, { last: true });
      const first = await flush(1);
      assert.equal(site.active(), 'v1');
      first.go();
      const second = await flush(2);
      assert.deepEqual([site.active(), run.of('completed')], ['v2', []]);
      second.go();
      await performed;
    });
  }
});
