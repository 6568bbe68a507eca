import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenersFor, startModules, workspaceWith, errorOf } from './fixture.ts';

const typed = `
interface Log { info(message: string): void }
export class Site {
  readonly shipper: { log: Log };
  constructor(shipper: { log: Log }) { this.shipper = shipper; }
  build(): void { this.shipper.log.info(import.meta.filename.split('/').at(-1) as string); }
}`;
const plain = typed.replace(/interface.*|readonly shipper.*|: \{ log: Log \}|: void| as string/g, '');
const common = `exports.Site = class { 
  constructor(shipper) { this.shipper = shipper; }
  build() { this.shipper.log.info(__filename.split('/').at(-1)); }
};`;

test('every kind of file is loaded and called', async () => {
  await using workspace = await workspaceWith({
    'hooks/one.ts': typed,
    'hooks/two.mts': typed,
    'hooks/three.js': plain,
    'hooks/four.mjs': plain,
    'hooks/five.cjs': common,
    'hooks/six.ts': common,
  });
  const names = ['one', 'two', 'three', 'four', 'five', 'six'];
  const listeners = listenersFor('on:start', ...names.map((name) => `hooks.${name}.Site.build`));
  await using modules = await startModules(workspace, listeners);
  for (const index of names.keys()) await modules.call(index);
  const files = ['one.ts', 'two.mts', 'three.js', 'four.mjs', 'five.cjs', 'six.ts'];
  assert.deepEqual(
    modules.recorder.told,
    files.map((file) => `info ${file}`),
  );
});

test('a class is constructed once, and its methods share what it keeps', async () => {
  await using workspace = await workspaceWith({
    'hooks.mjs': `
      let constructed = 0;
      export class Site {
        calls = 0;
        constructor({ log }) { this.log = log; log.info('constructed ' + (constructed += 1)); }
        first() { this.log.info('first ' + (this.calls += 1)); }
        async second() { await null; this.log.info('second ' + (this.calls += 1)); }
        third = () => this.log.info('third ' + (this.calls += 1));
      }`,
  });
  const listeners = listenersFor('on:start', 'hooks.Site.first', 'hooks.Site.second', 'hooks.Site.third');
  await using modules = await startModules(workspace, listeners);
  for (const index of [0, 1, 2, 0]) await modules.call(index);
  assert.deepEqual(modules.recorder.told, [
    'info constructed 1',
    'info first 1',
    'info second 2',
    'info third 3',
    'info first 4',
  ]);
});

test('a class may be a default export, or in module.exports', async () => {
  await using workspace = await workspaceWith({
    'a.mjs': `export default class Site { constructor(s) { this.s = s } go() { this.s.log.info('a') } }`,
    'b.mjs': `class Site { constructor(s) { this.s = s } go() { this.s.log.info('b') } } export default { Site };`,
    'c.cjs': `module.exports = class Site { constructor(s) { this.s = s } go() { this.s.log.info('c') } };`,
    'd.cjs': `exports.__esModule = true; exports.default = class Site { constructor(s) { this.s = s } go() { this.s.log.info('d') } };`,
    'e.cjs': `function Site(s) { this.s = s } Site.prototype.go = function () { this.s.log.info('e') }; module.exports = { Site };`,
  });
  const names = ['a', 'b', 'c', 'd', 'e'];
  await using modules = await startModules(
    workspace,
    listenersFor('on:start', ...names.map((name) => `${name}.Site.go`)),
  );
  for (const index of names.keys()) await modules.call(index);
  assert.deepEqual(
    modules.recorder.told,
    names.map((name) => `info ${name}`),
  );
});

test('a module sees the moment at which it is called', async () => {
  await using workspace = await workspaceWith({
    'hooks.mjs': `
      export class Site {
        constructor(shipper) { this.shipper = shipper; this.#tell(); }
        look() { this.#tell(); }
        #tell() {
          const { command, event, revision, previous, targets, error, outcome, config } = this.shipper;
          this.shipper.setOutput('seen', { command, event, revision, previous, targets: targets.map(t => t.name), error, outcome, keep: config.revisionsToKeep });
        }
      }`,
  });
  await using modules = await startModules(workspace, listenersFor('on:error', 'hooks.Site.look'));
  await modules.call(0, {
    revision: { name: 'two', path: '/var/www/revisions/two' },
    previous: { name: 'one', path: '/var/www/revisions/one' },
    error: { code: 'TARGET', message: 'web1: no space left' },
    outcome: 'returned',
  });
  const seen = modules.recorder.told.map((line) => JSON.parse(line.replace('output seen=', '')) as unknown);
  assert.deepEqual(seen, [
    { command: 'deploy', event: 'on:start', targets: ['web1'], keep: 5 },
    {
      command: 'deploy',
      event: 'on:error',
      revision: { name: 'two', path: '/var/www/revisions/two' },
      previous: { name: 'one', path: '/var/www/revisions/one' },
      targets: ['web1'],
      error: { code: 'TARGET', message: 'web1: no space left' },
      outcome: 'returned',
      keep: 5,
    },
  ]);
});

test('the config is frozen, however deep', async () => {
  await using workspace = await workspaceWith({
    'hooks.mjs': `export class Site { constructor(s) { this.s = s } spoil() { this.s.config.targets[0].host = 'other' } }`,
  });
  await using modules = await startModules(workspace, listenersFor('on:start', 'hooks.Site.spoil'));
  const error = await errorOf(modules.call(0));
  assert.match(error.message, /Cannot assign to read only property 'host'/);
});

test('what the host was not started with cannot be called', async () => {
  await using workspace = await workspaceWith({ 'hooks.mjs': 'export class Site { go() {} }' });
  await using modules = await startModules(workspace, listenersFor('on:start', 'hooks.Site.go'));
  const [other] = listenersFor('on:error', 'hooks.Site.go');
  assert.ok(other);
  const error = await errorOf(
    modules.host.call(other, { event: 'on:error', targets: [], wave: { number: 1, of: 1 } }, modules.recorder),
  );
  assert.equal(error.code, 'INTERNAL');
});
