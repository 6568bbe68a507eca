import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { ShipperError } from '../../src/errors.ts';
import { configOf, errorOf, load, problemsOf, workspace } from './workspace.ts';

const smallest = { config: { base_dir: '/var/www' } };

/** The error of a file that is not written by the test. */
function errorOfFile(file: string, root = workspace): ShipperError {
  try {
    loadConfig({ workspace: root, file, environment: {} });
  } catch (error) {
    if (error instanceof ShipperError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'accepted' });
}

test('the smallest config and two inputs are a whole config', () => {
  assert.deepEqual(load(smallest), {
    config: {
      targets: [
        {
          host: 'example.com',
          port: 22,
          user: 'deploy',
          name: 'example.com',
          proxyJump: [],
          activeSymlink: '/var/www/current',
          revisions: '/var/www/revisions',
          directories: ['/var/www/revisions'],
          symlinks: [],
        },
      ],
      revision: undefined,
      revisionsToKeep: 5,
      failOnSymlinkError: false,
      relativeSymlinks: false,
      rollbackOnFailure: true,
      waves: { sizes: [1], pause: 0 },
      umask: '022',
      sync: true,
      sourceDir: undefined,
      listeners: [],
    },
    warnings: [],
    notices: [],
  });
});

test("the contract's example is understood whole", () => {
  const text = `{
  "$schema": "…/schema/shipper.schema.json",
  "events": {
    "after:create_revision": ["deploy.hooks.Site.build", { "upload": "dist" }],
    "after:create_symlinks": [{ "run": "php artisan migrate --force", "once": true }],
    "after:link_current_revision": [{ "run": "sudo -n systemctl reload php-fpm" }, { "run": "curl -fsS http://localhost/up" }]
  },
  "config": {
    "target": { "host": "app.example.com", "user": "deploy" },
    "base_dir": "/var/www",
    "active_symlink": "current",
    "directories": { "revisions": "revisions", "share": "share" },
    "symlinks": { "share/uploads": "public/uploads" },
    "revisions_to_keep": 5,
    "fail_on_symlink_error": false,
    "rollback_on_failure": true
  }
}`;
  const { targets, listeners } = configOf(text, { overrides: {} });
  assert.deepEqual(targets[0]?.directories, ['/var/www/revisions', '/var/www/share']);
  assert.deepEqual(targets[0].symlinks, [{ source: '/var/www/share/uploads', path: 'public/uploads' }]);
  const run = { kind: 'run', on: undefined, once: false, env: [], timeout: undefined, allowFailure: false };
  const at = (line: number, column: number): object => ({ at: { file: 'shipper.json', line, column } });
  const [build, link, switched] = ['after:create_revision', 'after:create_symlinks', 'after:link_current_revision'];
  assert.deepEqual(listeners, [
    {
      kind: 'module',
      event: build,
      index: 0,
      ...at(4, 31),
      reference: 'deploy.hooks.Site.build',
      module: 'deploy/hooks',
      className: 'Site',
      method: 'build',
    },
    { kind: 'upload', event: build, index: 1, ...at(4, 58), upload: 'dist', to: '.', exclude: [] },
    { ...run, event: link, index: 0, ...at(5, 31), run: 'php artisan migrate --force', once: true },
    { ...run, event: switched, index: 0, ...at(6, 37), run: 'sudo -n systemctl reload php-fpm' },
    { ...run, event: switched, index: 1, ...at(6, 84), run: 'curl -fsS http://localhost/up' },
  ]);
});

test('every option of a listener arrives', () => {
  const run = { run: 'a\nb', on: 'web*', once: true, env: ['A', 'B', 'A'], timeout: 1.5, allow_failure: true };
  const upload = { upload: 'a\\b/', to: './public/', exclude: ['*.map'] };
  const [command, files] = configOf({ ...smallest, events: { 'after:create_revision': [run, upload] } }).listeners;
  assert.partialDeepStrictEqual(command, { on: 'web*', once: true, env: ['A', 'B'], timeout: 1.5, allowFailure: true });
  assert.partialDeepStrictEqual(files, { upload: 'a/b', to: 'public', exclude: ['*.map'] });
});

test('a file of the original tool keeps working', () => {
  const config = configOf(
    {
      events: {},
      symlinks: { '/data/uploads': 'web/uploads' },
      active_symlink: '/data/app/current',
      fail_on_symlink_error: true,
      config: {
        target: { host: '', user: '', port: 22 },
        revision: '',
        source_dir: '/home/deploy/checkout/',
        revisions_to_keep: 0,
        directories: { revisions: '/data/app/revisions' },
      },
    },
    { overrides: { host: 'a', user: 'b' } },
  );
  assert.partialDeepStrictEqual(config, {
    sourceDir: '/home/deploy/checkout',
    revisionsToKeep: 1,
    failOnSymlinkError: true,
    revision: undefined,
    targets: [
      {
        host: 'a',
        user: 'b',
        activeSymlink: '/data/app/current',
        symlinks: [{ source: '/data/uploads', path: 'web/uploads' }],
      },
    ],
  });
});

test('comments, trailing commas, CRLF and a BOM are accepted', () => {
  const text = '\ufeff// ours\r\n{"config": {"base_dir": "/var/www", /* all */\r\n"sync": false,},}\r\n';
  assert.equal(configOf(text).sync, false);
});

test('inputs go before SHIP_, SHIP_ before the file, and the file before defaults', () => {
  const file = { config: { base_dir: '/var/www', revision: 'file', target: { host: 'file', user: 'file', port: 1 } } };
  const environment = { SHIP_REVISION: 'ship', SHIP_TARGET: '{"host": "ship", "user": "ship", "port": 2}' };
  const overrides = { revision: 'input', host: 'input', user: 'input', port: 3 };
  const read = (given: Parameters<typeof configOf>[1]): unknown => {
    const { revision, targets } = configOf(file, { overrides: {}, ...given });
    return [revision, ...targets.map(({ host, user, port }) => `${user}@${host}:${port}`)];
  };
  assert.deepEqual(read({}), ['file', 'file@file:1']);
  assert.deepEqual(read({ environment }), ['ship', 'ship@ship:2']);
  assert.deepEqual(read({ environment, overrides }), ['input', 'input@input:3']);
  assert.deepEqual(read({ environment, overrides: { host: 'a@b:4' } }), ['ship', 'a@b:4']);
  assert.deepEqual(read({ overrides: { host: ' ', user: '', port: '', revision: '', proxyJump: '' } }), read({}));
});

test('without listeners, whatever is wrong with them does not matter', () => {
  const events = { 'on:start': [{ run: 7 }], nonsense: 1 };
  const overrides = { host: 'a', user: 'b', listeners: false };
  const environment = { SHIP_EVENTS: '{"nonsense": 1}' };
  assert.deepEqual(configOf({ ...smallest, events }, { overrides, environment }).listeners, []);
});

test('a listener on targets that are none is a warning', () => {
  const content = {
    ...smallest,
    events: {
      'on:error': [
        { run: 'a', on: 'example.*' },
        { run: 'a', on: 'wbe*' },
      ],
    },
  };
  assert.deepEqual(load(content).warnings, ['"on" matches no target: listener 2 of on:error runs nowhere']);
});

test('only inputs to blame make it an INPUT error', () => {
  const overrides = { host: 'a b', user: '-x', port: '0', revision: 'a/b', proxyJump: 'a,[b]' };
  const error = errorOf(smallest, { overrides });
  assert.equal(error.code, 'INPUT');
  assert.deepEqual(problemsOf(smallest, { overrides }), [
    'input "user": it has a user that begins with "-"',
    'input "port": it must have a port from 1 to 65535',
    'input "proxy-jump": hop 2 of it has something in [ ] that is no IPv6 address',
    'input "revision": it must be one plain name, without "/"',
    'input "host": it has white space or a control character in its host',
  ]);
  assert.equal(errorOf({ config: {} }, { overrides: { ...overrides, host: 'a b' } }).code, 'INPUT');
  assert.equal(errorOf({ config: { base_dir: 1 } }, { overrides }).code, 'CONFIG');
});

test('no host and no user anywhere is an INPUT error that names both places', () => {
  const error = errorOf(smallest, { overrides: {} });
  assert.equal(error.code, 'INPUT');
  assert.deepEqual(problemsOf(smallest, { overrides: {} }), [
    'There is no host: give the input "host", or "host" for the target in the config.',
    'There is no user: give the input "user", or "user" for the target in the config.',
  ]);
});

test('a config in a folder is named with its path from the workspace', () => {
  assert.equal(configOf(smallest, { file: 'deploy/production.json' }).targets.length, 1);
  assert.equal(errorOf('{', { file: './deploy//production.json' }).problems[0]?.at?.file, 'deploy/production.json');
});

test('a missing file is named, with the smallest config', () => {
  const error = errorOfFile('none/shipper.json');
  assert.equal(error.code, 'CONFIG');
  assert.equal(
    error.message,
    `There is no config "none/shipper.json" (looked for ${join(workspace, 'none/shipper.json')}): was the repository ` +
      'checked out? If it is new, the smallest config is {"config": {"base_dir": "/var/www"}}.',
  );
});

test('a directory in the place of the file is named', () => {
  mkdirSync(join(workspace, 'folder'), { recursive: true });
  assert.match(errorOfFile('folder').message, /^The config "folder" cannot be read \(EISDIR, looked for /);
});

test('a file outside the workspace is refused, by .. and by symlink', () => {
  const inner = join(workspace, 'inner');
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(workspace, 'outer.json'), JSON.stringify(smallest));
  rmSync(join(inner, 'link.json'), { force: true });
  symlinkSync('../outer.json', join(inner, 'link.json'));
  for (const file of ['../outer.json', 'link.json', join(workspace, 'outer.json')]) {
    assert.match(
      errorOfFile(file, inner).message,
      /is outside the workspace: give a path below it|is a symlink to .*, outside the workspace/,
    );
  }
});

test('a file that is no UTF-8 is refused', () => {
  writeFileSync(join(workspace, 'utf16.json'), Buffer.from('\ufeff{}', 'utf16le'));
  assert.equal(errorOfFile('utf16.json').message, 'the config is not UTF-8 text');
});

test('listeners from the environment are told by their variables, not by what they do', () => {
  const environment = {
    SHIP_EVENTS__ON_START: '[{"run": "echo hidden", "on": "runner"}]',
    SHIP_EVENTS: '{"on:error": ["a.B.c"]}',
    SHIP_SYNC: 'false',
  };
  const { notices } = load(smallest, { environment });
  assert.equal(notices.length, 1);
  assert.match(notices[0] ?? '', /^Listeners come from the environment, by SHIP_EVENTS, SHIP_EVENTS__ON_START\./);
  assert.doesNotMatch(notices[0] ?? '', /hidden|SYNC/);
  const overrides = { host: 'example.com', user: 'deploy', listeners: false };
  assert.deepEqual(load(smallest, { environment, overrides }).notices, []);
  assert.deepEqual(load(smallest).notices, []);
});
