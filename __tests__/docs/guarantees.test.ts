import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { shipperSh } from '../../src/generated/shipper-sh.ts';
import { codes, page, pages, read, relativeLinks, root, rowsUnder } from './markdown.ts';

const guarantees = page('docs/guarantees.md');

test('the guarantees are the seven of the contract, each with promise, mechanism, tests and limits', () => {
  const sections = guarantees.text.split(/^## /m).filter((section) => /^\d/.test(section));
  assert.deepEqual(
    sections.map((section) => section.slice(0, 2)),
    ['1.', '2.', '3.', '4.', '5.', '6.', '7.'],
  );
  for (const section of sections) {
    for (const part of ['**Promise.**', '**How.**', '**Tests.**', '**Limits.**']) assert.ok(section.includes(part));
  }
});

/** What each promise says, word for word, and the test that holds it: its file below __tests__, and words of its name. */
const held: readonly (readonly [promise: string, file: string, name: string])[] = [
  ['sees no failed open, during any switch', 'remote/reader', 'readers in a tight loop see no failed open'],
  ['Killed runner', 'bundle/killed', 'kill -9, anywhere in a run: the old revision or the new one that completed'],
  ['cut or silent network', 'bundle/faults', 'a connection that breaks anywhere leaves the old revision'],
  ['cut or silent network', 'bundle/silence', 'the target ends the run alone'],
  ['full disk', 'remote/disk', 'before each step in turn'],
  ['A run that reported success is live', 'remote/power-cut', 'the completion before it is told'],
  ['Nobody has to remove a lock by hand', 'remote/contenders', 'never two holders, no stale lock'],
  ['can take no further step', 'remote/frozen', 'between two steps: takes no further step'],
  ['The paths of `symlinks` inside the new revision', 'remote/deploy', 'what stood at a link is replaced'],
  ['through a mount inside a revision', 'remote/mounts', 'mounts inside a revision'],
  [
    'The active revision and the one before it',
    'remote/deploy',
    'leave the active one, two before it and nothing else',
  ],
  ["in the active symlink's place is an error", 'remote/deploy', 'is named, and nothing is touched'],
  ['by the order of creation, never by name', 'remote/deploy', 'rollback goes one back each time'],
  ['that Shipper did not record is shown', 'remote/deploy', 'is shown, never counted or purged, and reached by name'],
  ['until you let `adopt` record it', 'remote/adopt', 'their order is known, and rollback and rotation go by it'],
  ['No target switches before all are prepared', 'bundle/fleet', 'switches nowhere before all are prepared'],
  ['in whatever waves they switched', 'deploy/waves', 'in whatever waves, with a fault in any of them'],
  ['reach no disk, no command line, no log', 'bundle/secrets', 'seen in no process, no output and no file'],
];

test('every sentence of a promise names a test, which its section lists and which is there', () => {
  const sections = guarantees.text.split(/^## /m).filter((section) => /^\d/.test(section));
  for (const section of sections) {
    const promise = /^\*\*Promise\.\*\* (.*)$/m.exec(section)?.[1] ?? '';
    for (const sentence of promise.split(/(?<=[.;]) /)) {
      const tests = held.filter(([words]) => sentence.includes(words));
      assert.ok(tests.length > 0 || sentence === 'nothing is touched.', `no test holds "${sentence}"`);
      for (const [, file] of tests)
        assert.ok(section.includes(`\`__tests__/${file}.test.ts\``), `${file} for "${sentence}"`);
    }
  }
  for (const [words, file, name] of held) {
    assert.ok(guarantees.text.includes(words), words);
    assert.ok(read(`__tests__/${file}.test.ts`).includes(name), `${file} has no test "${name}"`);
  }
});

test('every function that the guarantees name is in the script', () => {
  const how = guarantees.text.split('\n').filter((line) => line.startsWith('**How.**') || line.startsWith('- the '));
  const named = how.flatMap((line) => codes(line)).filter((code) => /^[a-z]+(?:_[a-z]+)*$/.test(code));
  const missing = named.filter((name) => !shipperSh.includes(`${name}()`) && !['env', 'sync'].includes(name));
  assert.deepEqual(missing, []);
});

test('the architecture names every part of the scripts', () => {
  const { text } = page('docs/architecture.md');
  const parts = ['shipper', 'upload'].flatMap((script) => readdirSync(join(root, 'src/remote', script)));
  assert.ok(parts.length > 0);
  assert.deepEqual(
    parts.filter((part) => !text.includes(`| \`${part}\``)),
    [],
  );
});

for (const { name, prose } of pages) {
  test(`every file that ${name} names is there`, () => {
    const named = codes(prose.join('\n')).filter((code) => /^(?:src|script|__tests__|schema)\/[\w./-]+$/.test(code));
    assert.deepEqual(
      named.filter((file) => !existsSync(join(root, file))),
      [],
    );
  });
}

test('each decision is linked, and has context, decision and consequence', () => {
  const files = readdirSync(join(root, 'docs/adr')).map((file) => `docs/adr/${file}`);
  const linked = pages.flatMap(relativeLinks).map(({ path }) => path);
  assert.deepEqual(
    files.filter((file) => !linked.includes(file)),
    [],
  );
  for (const file of files) {
    const text = read(file);
    assert.match(text, /^# \d{4} \S/);
    for (const part of ['## Context', '## Decision', '## Consequence']) assert.ok(text.includes(part), file);
  }
});

test('the threat model names for each attacker what is done, the tests that show it, and what is left', () => {
  const rows = rowsUnder(page('docs/security.md'), 'The threat model');
  assert.ok(rows.length >= 6);
  for (const [who = '', done = '', tests = '', left = ''] of rows) {
    for (const cell of [who, done, left]) assert.ok(cell.length > 20, who);
    assert.ok(codes(tests).length > 0, who);
    for (const file of codes(tests)) assert.match(file, /^__tests__\/[a-z/-]+\.test\.ts$/);
  }
});
