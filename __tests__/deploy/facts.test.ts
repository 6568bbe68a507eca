import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRevisionName, readTargetFact } from '../../src/deploy/facts.ts';
import { shipperSh } from '../../src/generated/shipper-sh.ts';

/** What the session hears for itself. */
const ofTheSession = ['error', 'end', 'interrupted', 'stopped', 'more'];

test('whatever the script on the target can tell is known here', () => {
  const said = [...shipperSh.matchAll(/\b(?:say|say_word|say_holder) ([a-z_]+)/g)].map(([, kind = '']) => kind);
  const kinds = [...new Set(said)].filter((kind) => !ofTheSession.includes(kind));
  assert.ok(kinds.length > 15, kinds.join(' '));
  for (const kind of kinds) {
    const values = kind === 'verdict' ? ['completed', 'v1'] : ['v1', 'v2'];
    assert.notEqual(readTargetFact({ kind, values }), undefined, kind);
  }
});

test('a name of a revision is one plain name, wherever it came from', () => {
  for (const name of ['v1', '1.10', 'a b', '-', '...', 'ä', 'x'.repeat(200)]) assert.ok(isRevisionName(name), name);
  for (const name of ['', '.', '..', '/', 'a/b', '../x', '.shipper', '.shipper-run', 'a\0b']) {
    assert.equal(isRevisionName(name), false, name);
  }
});
