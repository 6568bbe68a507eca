import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputNames } from '../../src/action/input-table.ts';
import { eventNames } from '../../src/config/events.ts';
import { didYouMean } from '../../src/config/nearest.ts';
import { memberOf, namesOf, schema } from '../../src/config/schema.ts';

const keys = namesOf(memberOf(schema, 'config'));

const cases: readonly (readonly [string, readonly string[], ...string[]])[] = [
  ['before:init_dirs', eventNames, 'before:init_directories'],
  ['after:switch_current_revision', eventNames, 'after:link_current_revision'],
  ['after:symlinks', eventNames, 'after:create_symlinks'],
  ['after:purge', eventNames, 'after:purge_old_revisions'],
  ['create_symlinks', eventNames, 'before:create_symlinks', 'after:create_symlinks'],
  ['afterCreateRevision', eventNames, 'after:create_revision'],
  ['onError', eventNames, 'on:error'],
  ['keep_revisions', keys, 'revisions_to_keep'],
  ['revisionsToKeep', keys, 'revisions_to_keep'],
  ['rollback_on_fail', keys, 'rollback_on_failure'],
  ['known_host', inputNames, 'known-hosts'],
  ['timeout', inputNames, 'connect-timeout', 'lock-timeout'],
  ['nonsense', [...eventNames, ...keys]],
  ['token', inputNames],
];

for (const [typed, known, ...meant] of cases) {
  test(`"${typed}" means ${meant.join(' or ') || 'nothing'}`, () => {
    const quoted = meant.map((name) => `"${name}"`).join(' or ');
    assert.equal(didYouMean(typed, known), meant.length === 0 ? '' : `: did you mean ${quoted}?`);
  });
}
