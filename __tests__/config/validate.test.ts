import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsOf, type Refusal, testRefusals } from './workspace.ts';

const base = '"base_dir": "/var/www"';

const refusals: readonly Refusal[] = [
  [`{▸"confg": {}, "config": {${base}}}`, 'unknown key "confg": did you mean "config"?'],
  [
    `{"config": {${base}, ▸"revisons_to_keep": 3}}`,
    'unknown key "revisons_to_keep": did you mean "revisions_to_keep"?',
  ],
  [`{"config": {${base}, ▸"revisionsToKeep": 3}}`, 'unknown key "revisionsToKeep": did you mean "revisions_to_keep"?'],
  [`{"config": {${base}, ▸"host": "a"}}`, 'unknown key "host": it belongs in "target"'],
  [`{"config": {${base}, ▸"events": {}}}`, 'unknown key "events": it belongs at the top of the file'],
  [`{▸${base}}`, 'unknown key "base_dir": it belongs in "config"'],
  [`{"config": {${base}, ▸"nonsense": ""}}`, 'unknown key "nonsense"'],
  [`{"config": {${base}, "target": {▸"hosts": "a"}}}`, 'unknown key "hosts": did you mean "host"?'],
  ['{"config": ▸[]}', '"config" must be an object { … }'],
  [`{"config": {${base}, "sync": ▸"no"}}`, '"sync" must be true or false'],
  [`{"config": {${base}, "revisions_to_keep": ▸"3"}}`, '"revisions_to_keep" must be a whole number'],
  [`{"config": {${base}, "revisions_to_keep": ▸1.5}}`, '"revisions_to_keep" must be a whole number'],
  [`{"config": {${base}, "revisions_to_keep": ▸-1}}`, '"revisions_to_keep" must be from 0 to 1000000'],
  [`{"config": {${base}, "target": {"port": ▸65536}}}`, '"port" must be from 1 to 65535'],
  [`{"config": {${base}, "target": ▸null}}`, '"target" must be an object { … }'],
  [`{"config": {${base}, "targets": ▸[]}}`, '"targets" must have at least one entry'],
  [`{"config": {${base}, "targets": [▸"a"]}}`, 'entry 1 of "targets" must be an object { … }'],
  [`{"config": {${base}, "directories": {"share": ▸1}}}`, '"share" must be a text in double quotes'],
  [`{"config": {${base}, "symlinks": {"a": ▸""}}}`, '"a" must not be empty'],
  [`{"config": {${base}, "umask": ▸"8"}}`, '"umask" must be three or four octal digits, such as "022"'],
  [`{"config": {${base}, "umask": ▸22}}`, '"umask" must be a text in double quotes'],
];

testRefusals(refusals);

test('all problems come at once, in the order of their places, each only once', () => {
  const text = `{
  "events": { "on:strat": [] },
  "config": {
    "base_dir": "/", // a comment
    "targets": [{ "host": "a" }, { "host": "b" }],
    "symlinks": { "x": "../y" },
    "umsak": "022",
  },
}`;
  assert.deepEqual(
    problemsOf(text),
    [
      '2:15 unknown event "on:strat": did you mean "on:start"?',
      '4:17 "base_dir" is "/": was a variable in it unset?',
      '6:24 a symlink\'s path leaves the revision by ".."',
      '7:5 unknown key "umsak": did you mean "umask"?',
    ].concat(),
  );
});

test('a problem in one place does not pass for something missing', () => {
  const text = '{"config": {"base_dir": 5, "target": {"host": 7}}}';
  assert.deepEqual(problemsOf(text, { overrides: {} }), [
    '1:25 "base_dir" must be a text in double quotes',
    '1:47 "host" must be a text in double quotes',
  ]);
});
