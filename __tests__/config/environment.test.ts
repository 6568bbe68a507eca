import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, errorOf, load, problemsOf } from './workspace.ts';

const plain = { config: { base_dir: '/var/www', revisions_to_keep: 9, directories: { cache: 'cache' } } };

/** What the environment makes of the plain config. */
const overridden = (environment: Record<string, string>): unknown => configOf(plain, { environment });

const spellings = [
  'SHIP_REVISIONS_TO_KEEP',
  'SHIP_CONFIG__REVISIONS_TO_KEEP',
  'SHIP__CONFIG__REVISIONS_TO_KEEP',
  'SHIP___CONFIG__REVISIONS_TO_KEEP',
  'SHIP__REVISIONS_TO_KEEP',
  'SHIP___REVISIONS_TO_KEEP',
  'SHIP_revisions_to_keep',
  'ship_config__revisions_to_keep',
  'Ship_Config__Revisions_To_Keep',
];
for (const spelling of spellings) {
  test(`${spelling} overrides the file`, () => {
    assert.deepEqual(overridden({ [spelling]: '3' }), { ...configOf(plain), revisionsToKeep: 3 });
  });
}

test('an empty variable is an absent one', () => {
  assert.deepEqual(overridden({ SHIP_REVISIONS_TO_KEEP: '', SHIP_CONFIG: ' \n' }), configOf(plain));
});

for (const [text, value] of [
  ...['true', 'TRUE', 'yes', 'Yes', '1', ' true '].map((word) => [word, true] as const),
  ...['false', 'False', 'no', 'NO', '0'].map((word) => [word, false] as const),
]) {
  test(`"${text}" is a boolean`, () => {
    const environment = { SHIP_SYNC: text, SHIP_FAIL_ON_SYMLINK_ERROR: text };
    const config = configOf(plain, { environment });
    assert.deepEqual([config.sync, config.failOnSymlinkError], [value, value]);
  });
}

test('levels reach into the target and the directories, whose names become lower case', () => {
  const environment = {
    SHIP_TARGET__HOST: '2001:db8::7',
    SHIP_CONFIG__TARGET__PORT: '2222',
    SHIP_TARGET__USER: 'web',
    SHIP_DIRECTORIES__SHARE: '/mnt/share',
    SHIP_CONFIG__DIRECTORIES__REVISIONS: 'releases',
    SHIP_SYMLINKS__UPLOADS: 'public/uploads',
  };
  const config = configOf(plain, { environment, overrides: {} });
  const [target] = config.targets;
  assert.deepEqual([target?.host, target?.port, target?.user], ['2001:db8::7', 2222, 'web']);
  assert.deepEqual(target?.directories, ['/var/www/releases', '/var/www/cache', '/mnt/share']);
  assert.deepEqual(target.symlinks, [{ source: '/var/www/uploads', path: 'public/uploads' }]);
});

test('objects are JSON and merge by key, comments and all', () => {
  const environment = {
    SHIP_CONFIG: '{ "revisions_to_keep": 2, "directories": { "share": "share", }, } // mine',
    SHIP_TARGET: '{"host": "a", "user": ""}',
  };
  const config = configOf(plain, { environment, overrides: { user: 'deploy' } });
  assert.equal(config.revisionsToKeep, 2);
  assert.deepEqual(config.targets[0]?.directories, ['/var/www/revisions', '/var/www/cache', '/var/www/share']);
});

test('an array takes the place of the one in the file, and targets that of the target', () => {
  const fleet = '[{"host": "a"}, {"host": "b"}]';
  for (const config of [{ targets: [{ host: 'c' }] }, { target: { host: 'c' } }]) {
    const content = { config: { base_dir: '/var/www', ...config } };
    const { targets } = configOf(content, { environment: { SHIP_TARGETS: fleet }, overrides: { user: 'deploy' } });
    assert.deepEqual(
      targets.map(({ host }) => host),
      ['a', 'b'],
    );
  }
});

test('a deeper variable goes before a shallower one', () => {
  const environment = { SHIP_SYNC: '0', SHIP_CONFIG: '{"sync": true, "umask": "002"}' };
  const config = configOf(plain, { environment });
  assert.deepEqual([config.sync, config.umask], [false, '002']);
});

for (const name of ['SHIP_EVENTS__AFTER_COMPLETION', 'SHIP_EVENTS__after:completion']) {
  test(`${name} sets the listeners of one event`, () => {
    const file = { ...plain, events: { 'on:start': ['a.B.c'], 'after:completion': ['a.B.d', 'a.B.e'] } };
    const { listeners } = configOf(file, { environment: { [name]: '["x.Y.z"]' } });
    assert.deepEqual(
      listeners.map((listener) => [listener.event, listener.kind === 'module' && listener.reference, !!listener.at]),
      [
        ['on:start', 'a.B.c', true],
        ['after:completion', 'x.Y.z', false],
      ],
    );
  });
}

test('SHIP_EVENTS merges by event', () => {
  const file = { ...plain, events: { 'on:start': ['a.B.c'] } };
  const { listeners } = configOf(file, { environment: { SHIP_EVENTS: '{"on:error": [{"run": "date"}]}' } });
  assert.deepEqual(
    listeners.map(({ event }) => event),
    ['on:start', 'on:error'],
  );
});

test('what sets the same twice must say the same', () => {
  const same = { SHIP_BASE_DIR: '/srv/a', SHIP__CONFIG__BASE_DIR: '/srv/a' };
  assert.equal(configOf(plain, { environment: same }).targets[0]?.activeSymlink, '/srv/a/current');
  const environment = { ...same, SHIP___BASE_DIR: '/srv/b' };
  assert.deepEqual(problemsOf(plain, { environment }), [
    'SHIP___BASE_DIR: contradicts SHIP_BASE_DIR, which sets the same: unset one',
  ]);
});

const refusals: readonly (readonly [name: string, text: string, sentence: string])[] = [
  ['SHIP_CONFIG', 'hidden.json', 'must be a JSON object: to name the config file, use the input "config"'],
  ['SHIP_CONFIG', '["hidden"]', 'must be a JSON object: to name the config file, use the input "config"'],
  ['SHIP_CONFIG', '{"hidden": 1}', 'unknown key "hidden"'],
  ['SHIP_CONFIG', '{"sync": true, "sync": true}', 'duplicate key "sync"'],
  ['SHIP_CONFIG', '{"base_dir": "hidden"}', '"base_dir" must be an absolute path'],
  ['SHIP_TARGET', 'hidden', 'must be a JSON object'],
  ['SHIP_TARGETS', '{}', 'must be a JSON array'],
  ['SHIP_TARGETS', '[{"host": "hid den", "user": "u"}]', '"host" has white space or a control character in its host'],
  ['SHIP_TARGETS__0__HOST', 'hidden', 'fits nothing: "targets" is set as a whole, as a JSON array'],
  ['SHIP_SYNC', 'hidden', 'must be true or false (or yes, no, 1, 0)'],
  ['SHIP_REVISIONS_TO_KEEP', 'hidden', 'must be a whole number'],
  ['SHIP_REVISIONS_TO_KEEP', '1.5', 'must be a whole number'],
  ['SHIP_REVISIONS_TO_KEEP', '-7777', '"revisions_to_keep" must be from 0 to 1000000'],
  ['SHIP_TARGET__PORT', '77777', '"port" must be from 1 to 65535'],
  ['SHIP_UMASK', 'hidden', '"umask" must be three or four octal digits, such as "022"'],
  ['SHIP_BASE_DIR', '~/hidden', '"base_dir" begins with "~", which is not expanded: write the absolute path'],
  ['SHIP_BASE_DIR', '/hidden\n', '"base_dir" has a control character (is a line end at its end?)'],
  ['SHIP_REVISION', 'hid den', '"revision" must not have white space or control characters'],
  ['SHIP_EVENTS', '{"on:strat": []}', 'unknown event "on:strat": did you mean "on:start"?'],
  [
    'SHIP_EVENTS',
    '{"on:start": [{"run": "hidden"}]}',
    'no target is connected in on:start: add "on": "runner", or choose a later event',
  ],
  ['SHIP_REVISONS_TO_KEEP', 'hidden', 'fits nothing in the config: did you mean SHIP_REVISIONS_TO_KEEP?'],
  ['SHIP__CONFIG__BASEDIR', 'hidden', 'fits nothing in the config: did you mean SHIP_CONFIG__BASE_DIR?'],
  ['SHIP_TARGET_HOST', 'hidden', 'fits nothing in the config: did you mean SHIP_TARGET__HOST?'],
  ['SHIP_EVENTS__AFTER_COMPLETON', 'hidden', 'fits nothing in the config: did you mean SHIP_EVENTS__AFTER_COMPLETION?'],
  ['SHIP_CONFIG__FOO', 'hidden', 'fits nothing in the config'],
  ['SHIP_TARGET__SOMETHING', 'hidden', 'fits nothing in the config'],
  ['SHIP_EVENTS__SOMETHING', 'hidden', 'fits nothing in the config'],
  ['SHIP_BASE_DIR__FOO', 'hidden', 'fits nothing in the config: did you mean SHIP_BASE_DIR?'],
];
for (const [name, text, sentence] of refusals) {
  test(`${name} is refused without its value: ${text}`, () => {
    const error = errorOf(plain, { environment: { [name]: text } });
    assert.deepEqual(error.problems, [{ message: `${name}: ${sentence}`, at: undefined }]);
    assert.equal(error.code, 'CONFIG');
  });
}

test('a target in the environment beside targets in the file is refused', () => {
  const content = { config: { base_dir: '/var/www', targets: [{ host: 'a' }] } };
  assert.deepEqual(problemsOf(content, { environment: { SHIP_TARGET__USER: 'u' }, overrides: { user: 'v' } }), [
    'SHIP_TARGET__USER: give either "target" or "targets", not both',
  ]);
});

test('a variable that a user may own is a warning', () => {
  const environment = {
    SHIP_TOKEN: 'hidden',
    SHIP_HOST: 'hidden',
    SHIP_: 'hidden',
    SHIPPER_X: '1',
    SHIPS: '1',
    X: '1',
  };
  const { config, warnings } = load(plain, { environment });
  assert.deepEqual(config, configOf(plain));
  assert.deepEqual(warnings, [
    'SHIP_: names nothing and is ignored',
    'SHIP_HOST: fits nothing in the config and is ignored: did you mean SHIP_TARGET__HOST?',
    'SHIP_TOKEN: fits nothing in the config and is ignored',
  ]);
});

for (const name of ['SHIP_VERSION', 'SHIP_ENVIRONMENT', 'SHIP_SSH_KEY', 'SHIP_SECRET', 'SHIP_NAME', 'SHIP_APP_URL']) {
  test(`${name} is not near enough to be an error`, () => {
    assert.equal(load(plain, { environment: { [name]: 'x' } }).warnings.length, 1);
  });
}
