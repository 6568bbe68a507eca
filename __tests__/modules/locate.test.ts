import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ModuleListener } from '../../src/config/config.ts';
import { locateModules } from '../../src/modules/runner/locate.ts';
import { errorOf, listenersFor, startModules, workspaceWith } from './fixture.ts';

const empty = 'export class Site { go() {} }';

const missing: readonly (readonly [what: string, files: readonly string[], reference: string, message: RegExp])[] = [
  [
    'names what was looked for',
    [],
    'hooks.Site.go',
    /^hooks\.Site\.go: there is no file hooks\.\{ts,mts,js,mjs,cjs\} in the workspace\.$/,
  ],
  [
    'finds another case',
    ['deploy/Hooks.ts'],
    'deploy.hooks.Site.go',
    /deploy\/Hooks\.ts exists; did you mean "deploy\.Hooks\.Site\.go"\?$/,
  ],
  [
    'finds a near name',
    ['deploy/hooks.ts', 'deploy/other.ts'],
    'deploy.hook.Site.go',
    /did you mean "deploy\.hooks\.Site\.go"\?$/,
  ],
  [
    'finds another kind of file',
    ['hooks.tsx'],
    'hooks.Site.go',
    /hooks\.tsx exists, but Node does not run this kind of file; rename it to hooks\.ts\.$/,
  ],
  ['tells a declaration from a module', ['hooks.d.ts'], 'hooks.Site.go', /hooks\.d\.ts exists, but/],
  [
    'finds a directory',
    ['hooks/index.ts'],
    'hooks.Site.go',
    /hooks is a directory; name a file in it, such as "hooks\.index\.Site\.go"\.$/,
  ],
  ['finds an empty directory', ['hooks/read.me'], 'hooks.Site.go', /hooks is a directory; name a file in it\.$/],
  [
    'finds a missing directory',
    ['deploy/hooks.ts'],
    'deplyo.lib.hooks.Site.go',
    /The directory deplyo does not exist; deploy does\.$/,
  ],
  ['names a missing directory', [], 'deploy.hooks.Site.go', /The directory deploy does not exist\.$/],
];

for (const [what, files, reference, message] of missing) {
  test(`the error about a missing module ${what}`, async () => {
    await using workspace = await workspaceWith(Object.fromEntries(files.map((file) => [file, empty])));
    const { methods, problems } = locateModules(listenersFor('on:start', reference), workspace.path);
    assert.deepEqual(methods, []);
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.message ?? '', message);
  });
}

test('a module that lies beside the config is found there, and the reference to write is told', async () => {
  await using workspace = await workspaceWith({ 'infra/lib/hooks.ts': empty });
  const at = { file: 'infra/shipper.json', line: 4, column: 9 };
  const listeners = listenersFor('on:start', 'lib.hooks.Site.go').map((listener) => ({ ...listener, at }));
  const { problems } = locateModules(listeners, workspace.path);
  assert.match(
    problems[0]?.message ?? '',
    /infra\/lib\/hooks\.ts exists, and references count from the workspace: write "infra\.lib\.hooks\.Site\.go"\.$/,
  );
});

test('two files for one module are an error', async () => {
  await using workspace = await workspaceWith({ 'hooks.ts': empty, 'hooks.mjs': empty });
  const { problems } = locateModules(listenersFor('on:start', 'hooks.Site.go'), workspace.path);
  assert.match(problems[0]?.message ?? '', /hooks\.ts and hooks\.mjs both exist; remove or rename one of them/);
});

test('a module outside the workspace is refused, by whatever way', async () => {
  await using outside = await workspaceWith({ 'hooks.ts': empty });
  await using workspace = await workspaceWith({});
  await symlink(join(outside.path, 'hooks.ts'), join(workspace.path, 'file.ts'));
  await symlink(outside.path, join(workspace.path, 'directory'));
  const listeners = [
    ...listenersFor('on:start', 'file.Site.go', 'directory.hooks.Site.go'),
    ...['../hooks', 'a/../../hooks', join(outside.path, 'hooks')].map(named),
  ];
  const { methods, problems } = locateModules(listeners, workspace.path);
  assert.deepEqual(methods, []);
  assert.deepEqual(
    problems.map(({ message }) => message.includes('outside the workspace')),
    [true, true, true, true, true],
  );
  assert.match(problems[1]?.message ?? '', /directory\/hooks\.ts is a symlink to .*hooks\.ts, outside the workspace/);
});

test('a symlink within the workspace is followed', async () => {
  await using workspace = await workspaceWith({ 'real/hooks.ts': empty });
  await symlink('real', join(workspace.path, 'linked'));
  const { methods } = locateModules(listenersFor('on:start', 'linked.hooks.Site.go'), workspace.path);
  assert.equal(methods[0]?.path, join(workspace.path, 'real/hooks.ts'));
});

test('a workspace that is itself behind a symlink is its own place', async () => {
  await using workspace = await workspaceWith({ 'real/hooks.mjs': empty });
  await symlink('real', join(workspace.path, 'linked'));
  const linked = { ...workspace, path: join(workspace.path, 'linked') };
  await using modules = await startModules(linked, listenersFor('on:start', 'hooks.Site.go'));
  await modules.call(0);
});

test('every problem of every listener is told in one error, each at its line', async () => {
  await using workspace = await workspaceWith({
    'broken.mjs': 'export class {',
    'hooks.mjs': `export class Site { build() {} } export class Bad { constructor() { throw new Error('not today') } go() {} }`,
  });
  await mkdir(join(workspace.path, 'deploy'));
  await writeFile(join(workspace.path, 'deploy/hooks.ts'), empty);
  const references = [
    'deploy.hoks.Site.go',
    'hooks.Site.buld',
    'hooks.Sites.build',
    'broken.Site.go',
    'hooks.Bad.go',
    'deploy.hooks.Site.go',
    'deploy.hoks.Site.other',
  ];
  const error = await errorOf(startModules(workspace, listenersFor('on:start', ...references)));
  assert.equal(error.code, 'CONFIG');
  const told = error.problems.map(
    ({ message, at }) => `${at?.file ?? ''}:${at?.line ?? 0} ${message.split('\n')[0] ?? ''}`,
  );
  assert.deepEqual(told, [
    'shipper.json:3 deploy.hoks.Site.go: there is no file deploy/hoks.{ts,mts,js,mjs,cjs} in the workspace. deploy/hooks.ts exists; did you mean "deploy.hooks.Site.go"?',
    'shipper.json:4 hooks.Site.buld: the class Site has no method "buld": did you mean "build"?',
    'shipper.json:5 hooks.Sites.build: hooks.mjs does not export "Sites": did you mean "Site"?',
    "broken.mjs:1 broken.mjs: syntax error: Unexpected token '{'.",
    'hooks.mjs:1 hooks.Bad.go: the constructor of Bad failed: not today',
  ]);
});

function named(module: string, index: number): ModuleListener {
  const reference = `${module}.Site.go`;
  return { kind: 'module', event: 'on:start', index: index + 2, reference, module, className: 'Site', method: 'go' };
}
