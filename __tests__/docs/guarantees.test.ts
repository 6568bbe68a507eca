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
