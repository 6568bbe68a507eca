import { type Refusal, testRefusals } from './workspace.ts';

const base = '"base_dir": "/var/www"';
const forms = '"module.path.Class.method", { "run": … } or { "upload": … }';

const refusals: readonly Refusal[] = [
  [`{"config": {${base}}, "events": {▸"on:strat": []}}`, 'unknown event "on:strat": did you mean "on:start"?'],
  [`{"config": {${base}}, "events": {"on:start": ▸"a.B.c"}}`, '"on:start" must be an array [ … ]'],
  [`{"config": {${base}}, "events": {"on:error": [▸7]}}`, `entry 1 of "on:error" must be ${forms}`],
  [`{"config": {${base}}, "events": {"on:error": [▸{}]}}`, `entry 1 of "on:error" must be ${forms}`],
  [
    `{"config": {${base}}, "events": {"on:error": [▸{"run": "a", "upload": "b"}]}}`,
    `entry 1 of "on:error" must be ${forms}`,
  ],
  [`{"config": {${base}}, "events": {"on:error": [{"run": ▸""}]}}`, '"run" must not be empty'],
  [`{"config": {${base}}, "events": {"on:error": [{"run": ▸5}]}}`, '"run" must be a text in double quotes'],
  [
    `{"config": {${base}}, "events": {"on:error": [{"run": "a", ▸"time_out": 1}]}}`,
    'unknown key "time_out": did you mean "timeout"?',
  ],
  [
    `{"config": {${base}}, "events": {"on:error": [{"run": "a", "timeout": ▸0}]}}`,
    '"timeout" must be more than 0, at most 2000000',
  ],
  [`{"config": {${base}}, "events": {"on:error": [{"run": "a", "env": ▸"X"}]}}`, '"env" must be an array [ … ]'],
  [
    `{"config": {${base}}, "events": {"on:error": [▸"Site.build"]}}`,
    'a listener names a module, a class and a method: "module.path.Class.method"',
  ],
  [
    `{"config": {${base}}, "events": {"on:error": [▸"../x.Site.build"]}}`,
    'a module is named with dots instead of slashes, and without ".ts" or ".js"',
  ],
  [
    `{"config": {${base}}, "events": {"on:error": [▸"a..Site.build"]}}`,
    'a listener has an empty name between its dots',
  ],
  [`{"config": {${base}}, "events": {"on:error": [▸"a b.Site.build"]}}`, 'a module has a character that no name has'],
  [`{"config": {${base}}, "events": {"on:error": [▸"a.Si-te.build"]}}`, 'the class of a listener has no valid name'],
  [`{"config": {${base}}, "events": {"on:error": [▸"a.Site.1"]}}`, 'the method of a listener has no valid name'],
  [
    `{"config": {${base}}, "events": {"on:error": [▸"a.Site.constructor"]}}`,
    'the class is constructed anyway: name a method of it',
  ],
  [
    `{"config": {${base}}, "events": {"on:error": [{"run": ▸"  "}]}}`,
    '"run" must be a command, without NUL characters',
  ],
  [
    `{"config": {${base}}, "events": {"on:start": [{"run": ▸"a"}]}}`,
    'no target is connected in on:start: add "on": "runner", or choose a later event',
  ],
  [
    `{"config": {${base}}, "events": {"on:error": [{"run": "a", "on": "runner", "once": ▸true}]}}`,
    '"once" has no meaning with "on": "runner", where a command runs once anyway',
  ],
  [
    `{"config": {${base}}, "events": {"on:error": [{"run": "a", "on": ▸"web*,runner"}]}}`,
    '"runner" stands alone in "on"',
  ],
  [
    `{"config": {${base}}, "events": {"on:error": [{"run": "a", "on": ▸","}]}}`,
    '"on" must be "runner" or name targets',
  ],
  [
    `{"config": {${base}}, "events": {"on:error": [{"run": "a", "env": ["X", ▸"A=b"]}]}}`,
    'entry 2 of "env" is not the name of a variable',
  ],
  [
    `{"config": {${base}}, "events": {"on:start": [{"upload": ▸"dist"}]}}`,
    'there is no new revision to upload to in on:start: upload in after:create_revision, before:create_symlinks, after:create_symlinks',
  ],
  [
    `{"config": {${base}}, "events": {"after:create_revision": [{"upload": ▸"a\\\\..\\\\..\\\\b"}]}}`,
    '"upload" leaves the workspace by ".."',
  ],
  [
    `{"config": {${base}}, "events": {"after:create_revision": [{"upload": ▸"C:\\\\x"}]}}`,
    '"upload" must be relative to the workspace',
  ],
  [
    `{"config": {${base}}, "events": {"after:create_revision": [{"upload": "a", "to": ▸"/b"}]}}`,
    '"to" must be relative to the revision',
  ],
  [
    `{"config": {${base}}, "events": {"after:create_revision": [{"upload": "a", "to": ▸"../b"}]}}`,
    '"to" leaves the revision by ".."',
  ],
];

testRefusals(refusals);
