import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Overrides } from '../../src/config/overrides.ts';
import { configOf, errorOf, problemsOf } from './workspace.ts';

const base = { base_dir: '/var/www' };
const targetsOf = (config: object, overrides: Overrides): readonly string[] =>
  configOf({ config: { ...base, ...config } }, { overrides: { user: 'u', ...overrides } }).targets.map(
    ({ name, user, host, port }) => `${name}=${user}@${host}:${port}`,
  );
const fleet = {
  targets: [
    { host: 'web1.example.com', name: 'web1' },
    { host: 'web7.example.com', name: 'web7', user: 'own', port: 2222 },
    { host: 'db.example.com' },
  ],
};

test('the input host lists addresses, by commas and lines', () => {
  assert.deepEqual(targetsOf({}, { host: 'a, b@b:1\r\n\n[::1]:2,', port: '99' }), [
    'a=u@a:99',
    'b=b@b:1',
    '::1=u@::1:2',
  ]);
});

test('the input host selects among targets, and one that means none is refused', () => {
  assert.deepEqual(targetsOf(fleet, { host: 'web*,!web7' }), ['web1=u@web1.example.com:22']);
  assert.deepEqual(targetsOf(fleet, { host: 'WEB7.example.com' }), ['web7=own@web7.example.com:2222']);
  const content = { config: { ...base, ...fleet } };
  for (const [host, sentence] of [
    ['wbe1', 'no target in the config\'s "targets" matches "wbe1": did you mean "web1"?'],
    ['*,!mail', 'no target in the config\'s "targets" matches "mail"'],
    ['web1,!web*', 'it leaves none of the config\'s "targets"'],
  ] as const) {
    const given = { overrides: { user: 'u', host } };
    assert.deepEqual(problemsOf(content, given), [`input "host": ${sentence}`]);
    assert.equal(errorOf(content, given).code, 'INPUT');
  }
});

test('inputs stand in for what the entries of targets do not say', () => {
  assert.deepEqual(targetsOf(fleet, { port: 99 }), [
    'web1=u@web1.example.com:99',
    'web7=own@web7.example.com:2222',
    'db.example.com=u@db.example.com:99',
  ]);
});

test('a target keeps its name when the input gives its one host', () => {
  const target = { target: { name: 'production', host: 'old' } };
  assert.deepEqual(targetsOf(target, { host: 'new' }), ['production=u@new:22']);
  assert.deepEqual(targetsOf(target, { host: 'a,b' }), ['a=u@a:22', 'b=u@b:22']);
});

test('hops default to the user of the target and port 22', () => {
  const targets = [
    { host: 'a', user: 'x' },
    { host: 'b', proxy_jump: 'c' },
  ];
  const config = configOf({ config: { ...base, targets } }, { overrides: { user: 'u', proxyJump: 'h1,j@[::2]:3' } });
  assert.deepEqual(
    config.targets.map(({ proxyJump }) => proxyJump),
    [
      [
        { host: 'h1', user: 'x', port: 22 },
        { host: '::2', user: 'j', port: 3 },
      ],
      [{ host: 'c', user: 'u', port: 22 }],
    ],
  );
});

test('a target of its own kind overrides paths and extends directories and symlinks', () => {
  const config = {
    base_dir: '/var/www',
    directories: { share: 'share', cache: 'cache' },
    symlinks: { 'share/a': 'a', 'share/b': 'b' },
    targets: [
      { host: 'a' },
      {
        host: 'b',
        base_dir: '/srv/b',
        active_symlink: '/srv/b/live',
        directories: { cache: '/mnt/cache', revisions: 'releases' },
        symlinks: { 'share/b': 'c', '/etc/x': 'x' },
      },
    ],
  };
  const [plain, own] = configOf({ config }, { overrides: { user: 'u' } }).targets;
  assert.partialDeepStrictEqual(plain, { directories: ['/var/www/revisions', '/var/www/share', '/var/www/cache'] });
  assert.deepEqual(own, {
    host: 'b',
    user: 'u',
    port: 22,
    name: 'b',
    proxyJump: [],
    activeSymlink: '/srv/b/live',
    revisions: '/srv/b/releases',
    directories: ['/srv/b/releases', '/srv/b/share', '/mnt/cache'],
    symlinks: [
      { source: '/srv/b/share/a', path: 'a' },
      { source: '/srv/b/share/b', path: 'c' },
      { source: '/etc/x', path: 'x' },
    ],
  });
});

test('a target listed twice is one target', () => {
  assert.deepEqual(targetsOf({}, { host: 'a,A:22,x@a' }), ['a=u@a:22']);
  assert.deepEqual(targetsOf({ targets: [{ host: 'a' }, { host: 'a', port: 22 }, { host: 'b' }] }, {}), [
    'a=u@a:22',
    'b=u@b:22',
  ]);
});

test('targets on one host go by what tells them apart', () => {
  const own = { host: 'a', base_dir: '/srv/own' };
  assert.deepEqual(targetsOf({ targets: [{ host: 'a' }, { host: 'a', port: 23 }, { host: 'b' }] }, {}), [
    'a:22=u@a:22',
    'a:23=u@a:23',
    'b=u@b:22',
  ]);
  assert.deepEqual(targetsOf({ targets: [{ host: 'a' }, own] }, {}), [
    'a:22 /var/www/current=u@a:22',
    'a:22 /srv/own/current=u@a:22',
  ]);
});

const conflicts: readonly (readonly [object, object, string])[] = [
  [{}, { active_symlink: 'live' }, 'a target before has these revisions under another active symlink'],
  [{}, { base_dir: '/var/www/revisions/x' }, 'a target before has these revisions under another active symlink'],
  [{}, { directories: { revisions: 'others' } }, 'a target before has this active symlink over other revisions'],
  [
    { directories: { revisions: 'sites' } },
    { active_symlink: 'sites/live' },
    "an active symlink would stand in another target's revisions",
  ],
];
for (const [one, other, sentence] of conflicts) {
  test(`two targets in each other's way are refused: ${JSON.stringify(other)}`, () => {
    const config = {
      targets: [
        { host: 'a', ...one },
        { host: 'a', ...other },
      ],
      ...base,
    };
    const problems = problemsOf({ config }, { overrides: { user: 'u' } });
    assert.deepEqual(
      problems.map((problem) => problem.replace(/^1:\d+ /, '')),
      [sentence],
    );
  });
}

test('two targets of one name are refused', () => {
  const targets = [
    { host: 'a', name: 'x' },
    { host: 'b', name: 'x' },
  ];
  assert.deepEqual(problemsOf({ config: { targets, ...base } }, { overrides: { user: 'u' } }), [
    '1:47 another target has the same "name"',
  ]);
});

test('an entry of targets without a host is refused at its place', () => {
  const config = { targets: [{ host: 'a' }, { user: 'x' }], ...base };
  assert.deepEqual(problemsOf({ config }, { overrides: { user: 'u' } }), ['1:36 this target has no "host"']);
});
const hostRefusals: readonly (readonly [string, string])[] = [
  ['a:b:c', '"host" has a ":" too many: its form is [user@]host[:port], IPv6 in [ ]'],
  ['[example]', '"host" has something in [ ] that is no IPv6 address'],
  ['example.com:22', '"host" has a port in it: write it as "port"'],
  ['[::1]:22', '"host" has a port in it: write it as "port"'],
  ['deploy@example.com', '"host" has a user in it: write it as "user"'],
  ['-oProxyCommand=x', '"host" has a host that begins with "-"'],
  ['a b', '"host" has white space or a control character in its host'],
  ['ssh://a', '"host" must not be a URL: its form is [user@]host[:port]'],
  ['a/b', '"host" has a character that no host\'s name has'],
];

for (const [host, sentence] of hostRefusals) {
  test(`the config's host is refused: ${host}`, () => {
    const content = { config: { base_dir: '/var/www', target: { host, user: 'deploy' } } };
    assert.deepEqual(problemsOf(content, { overrides: {} }), [`1:51 ${sentence}`]);
  });
}
