import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsOf, type Refusal, testRefusals } from './workspace.ts';

const base = '"base_dir": "/var/www"';
const smallest = 'the smallest config is {"config": {"base_dir": "/var/www"}}';

const refusals: readonly Refusal[] = [
  ['▸', `the config is empty: ${smallest}`],
  ['▸ \r\n // nothing\n', `the config is empty: ${smallest}`],
  ['▸[]', `the config must be an object: ${smallest}`],
  ['▸"x"', `the config must be an object: ${smallest}`],
  ['{\n  "config": ▸{', 'the JSON ends too early: is a "}" or "]" missing?'],
  ['{\n  "config": {"base_dir": "/a/b"▸', 'the JSON ends too early: is a "}" or "]" missing?'],
  ['{"a": 1\n ▸"b": 2}', 'the JSON is broken at "b": is a comma missing before it?'],
  ['{"a" ▸1, ?', 'the JSON is broken at 1: is a comma missing before it?'],
  ["{▸'a': 1}", 'the JSON is broken at a single quote: use double quotes'],
  ['{▸config: {}}', 'the JSON is broken at config: names and texts stand in double quotes'],
  ['{"config":\r\n  ▸yes}', 'the JSON is broken at yes: names and texts stand in double quotes'],
  ['{"config": ▸\u00a0{}}', 'the JSON is broken at U+00A0'],
  ['\ufeff{"config": ▸]}', 'the JSON is broken at ]'],
  [`{"config": {${base}, ▸${base}}}`, 'duplicate key "base_dir"'],
];

testRefusals(refusals);

test('a config nested too deeply is refused', () => {
  assert.deepEqual(problemsOf('['.repeat(100_000)), ['1:1 nothing in a config is nested 32 levels deep']);
  const brackets = '['.repeat(40) + ']'.repeat(40);
  assert.deepEqual(problemsOf(`{"config": {}, "events": ${brackets}}`), [
    '1:26 "events" must be an object { … }',
    '1:58 nothing in a config is nested 32 levels deep',
  ]);
});
