import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runAction } from '../rig/action.ts';
import { type Content, createWorkspace } from '../rig/workspace.ts';
import { errorsOf, logOf } from './site.ts';

/** A config with a ▸ before each place at which something is wrong, and what is said there, in the same order. */
interface Bad {
  readonly name: string;
  readonly text: string;
  readonly says: readonly string[];
}

const bad: readonly Bad[] = [
  {
    name: 'names that are unknown, twice there, or in the wrong place',
    text: `{
  ▸"confg": {},
  "events": {
    ▸"on:strat": [],
    "on:start": [],
    ▸"on:start": []
  },
  "config": {
    "base_dir": "/srv/app/www",
    ▸"revisionsToKeep": 3,
    ▸"host": "web1",
    ▸"nonsense": true,
    "target": { ▸"hosts": "web1", "host": "a", ▸"host": "b" }
  },
  ▸"base_dir": "/srv/app/www"
}`,
    says: [
      'unknown key "confg": did you mean "config"?',
      'unknown event "on:strat": did you mean "on:start"?',
      'duplicate key "on:start"',
      'unknown key "revisionsToKeep": did you mean "revisions_to_keep"?',
      'unknown key "host": it belongs in "target"',
      'unknown key "nonsense"',
      'unknown key "hosts": did you mean "host"?',
      'duplicate key "host"',
      'unknown key "base_dir": it belongs in "config"',
    ],
  },
  {
    name: 'values of another type or out of range',
    text: `{
  "config": {
    "base_dir": "/srv/app/www",
    "target": ▸null,
    "directories": { "share": ▸1 },
    "symlinks": { "a": ▸"" },
    "revision": ▸7,
    "revisions_to_keep": ▸1.5,
    "fail_on_symlink_error": ▸"no",
    "umask": ▸"8",
    "sync": ▸0
  },
  "events": ▸[]
}`,
    says: [
      '"target" must be an object { … }',
      '"share" must be a text in double quotes',
      '"a" must not be empty',
      '"revision" must be a text in double quotes',
      '"revisions_to_keep" must be a whole number',
      '"fail_on_symlink_error" must be true or false',
      '"umask" must be three or four octal digits, such as "022"',
      '"sync" must be true or false',
      '"events" must be an object { … }',
    ],
  },
  {
    name: 'paths that leave where they must stay, or cross',
    text: `{
  "config": {
    "base_dir": "/srv/app/www",
    "active_symlink": ▸"revisions/current",
    "directories": { "up": ▸"../up", "home": ▸"~/share", "own": ▸"revisions/own" },
    "symlinks": {
      "a": ▸"../outside",
      "b": ▸"/etc/passwd",
      "c": ▸"x/../..",
      "d": "public/d", "e": ▸"public/d/e",
      "f": ▸"."
    },
    "revision": ▸"a/b"
  }
}`,
    says: [
      '"active_symlink" must not be or be in "directories.revisions"',
      '"directories.up" leaves "base_dir" by ".."',
      '"directories.home" begins with "~", which is not expanded: write the absolute path',
      '"directories.own" is in "directories.revisions", which is for revisions alone',
      'a symlink\'s path leaves the revision by ".."',
      "a symlink's path must be relative to the revision",
      'a symlink\'s path leaves the revision by ".."',
      "a symlink's path is, is in or contains that of another one",
      "a symlink's path must be below the revision, not the revision itself",
      '"revision" must be one plain name, without "/"',
    ],
  },
  {
    name: 'listeners that are none',
    text: `{
  "config": { "base_dir": "/srv/app/www" },
  "events": {
    "on:start": [{ "run": ▸"uptime" }, { "upload": ▸"dist" }],
    "after:create_revision": [
      ▸"Site.build", ▸"deploy/hooks.Site.build", ▸{ "command": "x" },
      { "run": ▸"" }, { "run": "x", "on": "runner", "once": ▸true },
      { "run": "x", "timeout": ▸0 }, { "run": "x", "env": [▸"A-B"] }, { "upload": ▸"../secrets" }
    ]
  }
}`,
    says: [
      'no target is connected in on:start: add "on": "runner", or choose a later event',
      'there is no new revision to upload to in on:start: upload in after:create_revision, before:create_symlinks, after:create_symlinks',
      'a listener names a module, a class and a method: "module.path.Class.method"',
      'a module is named with dots instead of slashes, and without ".ts" or ".js"',
      'entry 3 of "after:create_revision" must be "module.path.Class.method", { "run": … } or { "upload": … }',
      '"run" must not be empty',
      '"once" has no meaning with "on": "runner", where a command runs once anyway',
      '"timeout" must be more than 0, at most 2000000',
      'entry 1 of "env" is not the name of a variable',
      '"upload" leaves the workspace by ".."',
    ],
  },
  {
    name: 'targets that are none, or in the way of each other',
    text: `{
  "config": {
    "base_dir": "/srv/app/www",
    "targets": [
      { "host": ▸"deploy@a" }, { "host": ▸"a:22" }, { "host": ▸"a b" }, { "host": ▸"$(id)" }, { "host": "b", "user": ▸"-x" },
      { "host": "c", "port": ▸0 }, { "host": "d", "name": ▸"web*" }, { "host": "e", "proxy_jump": ▸"x y" },
      { "host": "f" }, ▸{ "host": "f", "active_symlink": "other" }
    ]
  }
}`,
    says: [
      '"host" has a user in it: write it as "user"',
      '"host" has a port in it: write it as "port"',
      '"host" has white space or a control character in its host',
      '"host" has a character that no host\'s name has',
      '"user" has a user that begins with "-"',
      '"port" must be from 1 to 65535',
      '"name" must not have "," or "*", begin with "!" or stand in white space',
      '"proxy_jump" has white space or a control character in its host',
      'a target before has these revisions under another active symlink',
    ],
  },
  {
    name: 'no text at all',
    text: '▸',
    says: ['the config is empty: the smallest config is {"config": {"base_dir": "/var/www"}}'],
  },
  {
    name: 'no object',
    text: '▸[]',
    says: ['the config must be an object: the smallest config is {"config": {"base_dir": "/var/www"}}'],
  },
  {
    name: 'a text that ends too early',
    text: '{\n  "config": ▸{\n',
    says: ['the JSON ends too early: is a "}" or "]" missing?'],
  },
  {
    name: 'a comma that is missing',
    text: '{ "config": {\n    "base_dir": "/srv/app/www"\n    ▸"sync": false } }',
    says: ['the JSON is broken at "sync": is a comma missing before it?'],
  },
  {
    name: 'single quotes',
    text: "{ ▸'config': {} }",
    says: ['the JSON is broken at a single quote: use double quotes'],
  },
  {
    name: 'no place to deploy to',
    text: '{ "config": ▸{ "active_symlink": "/srv/app/current" } }',
    says: ['"config" needs a "base_dir", or an absolute path in "directories.revisions"'],
  },
  {
    name: 'a base_dir from an unset variable',
    text: '{ "config": { "base_dir": ▸"//" } }',
    says: ['"base_dir" is "/": was a variable in it unset?'],
  },
  {
    name: 'a system directory, and both target and targets',
    text: '{ "config": { "base_dir": ▸"/var", "target": { "host": "a" },\n ▸"targets": [{ "host": "b" }] } }',
    says: [
      '"base_dir" is a directory of the system: was a variable in it unset?',
      'give either "target" or "targets", not both',
    ],
  },
];

const inputs = { host: 'host.invalid', user: 'deploy', password: 'not needed' };

function placed({ text, says }: Bad): readonly object[] {
  const pieces = text.split('▸');
  return says.map((message, index) => {
    const lines = pieces
      .slice(0, index + 1)
      .join('')
      .split('\n');
    const place = { file: 'shipper.json', line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
    return { level: 'error', title: 'Shipper: CONFIG', ...place, message };
  });
}

describe('a bad config is annotated at file, line and column, all of it in one run:', { concurrency: 3 }, () => {
  for (const one of bad) {
    test(one.name, async () => {
      await using workspace = await createWorkspace(one.text.replaceAll('▸', ''));
      const run = await runAction({ cwd: workspace.path, inputs });
      assert.deepEqual(errorsOf(run), placed(one), logOf(run));
      assert.equal(run.code, 1);
    });
  }

  test('more than ten, the rest of which the log has', async () => {
    const keys = Array.from({ length: 14 }, (_, index) => `  "unknown${index}": 1`).join(',\n');
    await using workspace = await createWorkspace(`{\n${keys}\n}`);
    const run = await runAction({ cwd: workspace.path, inputs });
    assert.equal(errorsOf(run).length, 10);
    assert.ok(run.lines.includes('error: shipper.json:15:3: unknown key "unknown13"'), logOf(run));
  });

  const unreadable: readonly [string, Content, RegExp][] = [
    ['bytes that are no text', Buffer.from('\ufeff{}', 'utf16le'), /^the config is not UTF-8 text$/],
    ['a nesting without end', '['.repeat(100_000), /^nothing in a config is nested 32 levels deep$/],
    [
      'a key that is a property of every object',
      '{"config": {"base_dir": "/srv/app/www"}, "__proto__": {}}',
      /^unknown key "__proto__"$/,
    ],
  ];
  for (const [name, content, says] of unreadable) {
    test(name, async () => {
      await using workspace = await createWorkspace(undefined, { 'shipper.json': content });
      const run = await runAction({ cwd: workspace.path, inputs });
      const [error, ...others] = errorsOf(run);
      assert.deepEqual([error?.title, others], ['Shipper: CONFIG', []], logOf(run));
      assert.match(error?.message ?? '', says);
    });
  }
});
