import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errorOf, listenersFor, startModules, workspaceWith } from './fixture.ts';
import { until } from '../rig/until.ts';
import { gone, isRunning, pidsIn } from './running.ts';

const hooks = `
import { execSync, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
const note = (pid) => appendFileSync('pids', pid + '\\n');
export class Site {
  constructor(shipper) { this.shipper = shipper; }
  blocks() { this.shipper.log.info('begin'); execSync('sleep 2'); this.shipper.log.info('end'); }
  hangs() { note(process.pid); execSync('sleep 60 & echo $! >> pids; sh -c "echo \\\\$\\\\$ >> pids; sleep 60; true"; wait'); }
  async waits() { note(process.pid); note(spawn('sleep', ['60']).pid); await new Promise(() => {}); }
  blocksAWhile() { note(process.pid); execSync('sleep 60 >/dev/null 2>&1 & echo $! >> pids; sleep 1'); }
  lingers() { note(process.pid); setInterval(() => {}, 1000); }
  returns() { note(process.pid); }
  environment() { this.shipper.setOutput('env', process.env); this.shipper.log.info(typeof process.send); }
  prints() { console.log('::notice::from the module'); console.error('to stderr'); }
}`;
const files = { 'hooks.mjs': hooks };

test('the run stays responsive while a listener blocks its thread', async () => {
  await using workspace = await workspaceWith(files);
  await using modules = await startModules(workspace, listenersFor('on:start', 'hooks.Site.blocks'));
  let longest = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 10);
  const call = modules.call(0);
  await until('the listener begins', () => modules.recorder.told.length > 0);
  await sleep(100);
  assert.deepEqual(modules.recorder.told, ['info begin']);
  await call;
  clearInterval(beat);
  assert.deepEqual(modules.recorder.told, ['info begin', 'info end']);
  assert.ok(longest < 1500, `the run was held up for ${longest} ms`);
});

test('kill ends a blocked listener and everything that it started, at once', async () => {
  await using workspace = await workspaceWith(files);
  await using modules = await startModules(workspace, listenersFor('on:start', 'hooks.Site.hangs'));
  const call = errorOf(modules.call(0));
  const pids = await pidsIn(join(workspace.path, 'pids'), 3);
  assert.ok(pids.every(isRunning));
  const begin = performance.now();
  modules.host.kill();
  const error = await call;
  assert.ok(performance.now() - begin < 20_000);
  await gone(pids);
  assert.equal(error.code, 'CANCELLED');
  assert.match(
    error.message,
    /^Listener 1 of on:start \(hooks\.Site\.hangs\) was stopped, because the run was cancelled/,
  );
});

test('an abort is a kill, after which a listener can still be called in a new process', async () => {
  await using workspace = await workspaceWith(files);
  const listeners = listenersFor('on:start', 'hooks.Site.hangs', 'hooks.Site.blocks');
  const controller = new AbortController();
  await using modules = await startModules(workspace, listeners, { signal: controller.signal });
  const call = errorOf(modules.call(0));
  const pids = await pidsIn(join(workspace.path, 'pids'), 3);
  controller.abort();
  assert.equal((await call).code, 'CANCELLED');
  await gone(pids);
  await modules.call(1);
  assert.deepEqual(modules.recorder.told.slice(1), ['info begin', 'info end']);
  modules.host.kill();
  await modules.call(1);
  assert.equal(modules.recorder.told.length, 6);
});

test('an abort also ends the loading of a module', async () => {
  await using workspace = await workspaceWith({
    'hooks.mjs': `import { execSync } from 'node:child_process'; execSync('echo $$ > pids; exec sleep 60');`,
  });
  const controller = new AbortController();
  const start = startModules(workspace, listenersFor('on:start', 'hooks.Site.go'), { signal: controller.signal });
  const error = errorOf(start);
  const pids = await pidsIn(join(workspace.path, 'pids'), 1);
  controller.abort();
  assert.equal((await error).code, 'CANCELLED');
  await gone(pids);
  const late = startModules(workspace, listenersFor('on:start', 'hooks.Site.go'), { signal: controller.signal });
  assert.equal((await errorOf(late)).code, 'CANCELLED');
});

for (const [method, count] of [
  ['waits', 2],
  ['blocksAWhile', 2],
] as const) {
  test(`when the run dies, the modules' process dies with all that it started (${method})`, async () => {
    await using workspace = await workspaceWith(files);
    const program = fileURLToPath(new URL('run-that-dies.ts', import.meta.url));
    const args = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', program, workspace.path, `hooks.Site.${method}`];
    const run = spawn(process.execPath, args, { stdio: 'inherit' });
    const pids = await pidsIn(join(workspace.path, 'pids'), count);
    assert.ok(pids.every(isRunning));
    run.kill('SIGKILL');
    await gone(pids);
  });
}

test('at the end, the process is left to end by itself', async () => {
  await using workspace = await workspaceWith(files);
  await using modules = await startModules(workspace, listenersFor('on:start', 'hooks.Site.returns'));
  await modules.call(0);
  const pids = await pidsIn(join(workspace.path, 'pids'), 1);
  const begin = performance.now();
  await modules.host.end();
  assert.ok(performance.now() - begin < 1900, 'it was not killed');
  assert.ok(!pids.some(isRunning));
});

test('at the end, a process that something keeps alive is killed after a short while', async () => {
  await using workspace = await workspaceWith(files);
  await using modules = await startModules(workspace, listenersFor('on:start', 'hooks.Site.lingers'));
  await modules.call(0);
  const pids = await pidsIn(join(workspace.path, 'pids'), 1);
  const begin = performance.now();
  await modules.host.end();
  const taken = performance.now() - begin;
  assert.ok(taken > 1900 && taken < 20_000, `it took ${taken} ms`);
  assert.ok(!pids.some(isRunning));
});

test('modules get the environment without the inputs, and no channel to the run', async () => {
  await using workspace = await workspaceWith(files);
  const env = {
    PATH: process.env['PATH'],
    TOKEN: 'mine',
    INPUT_KEY: 'secret',
    'INPUT_KNOWN-HOSTS': 'x',
    input_host: 'y',
  };
  await using modules = await startModules(workspace, listenersFor('on:start', 'hooks.Site.environment'), { env });
  await modules.call(0);
  const seen = JSON.parse((modules.recorder.told[0] ?? '').replace('output env=', '')) as object;
  assert.deepEqual(Object.keys(seen).sort(), ['PATH', 'TOKEN']);
  assert.equal(modules.recorder.told[1], 'info undefined');
});

test('a program that does not host modules is found out', async () => {
  await using workspace = await workspaceWith({ 'hooks.mjs': 'export class Site { go() {} }' });
  const other = join(workspace.path, 'other.mjs');
  await writeFile(other, 'process.exitCode = 7; process.disconnect();');
  const error = await errorOf(startModules(workspace, listenersFor('on:start', 'hooks.Site.go'), { entry: other }));
  assert.equal(error.code, 'INTERNAL');
  assert.match(error.message, /ended with exit status 7 before it loaded one/);
});

test('what a module prints goes where the run prints', async () => {
  await using workspace = await workspaceWith(files);
  const program = fileURLToPath(new URL('run-that-dies.ts', import.meta.url));
  const args = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', program, workspace.path, 'hooks.Site.prints'];
  const run = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([run.stdout, run.stderr].map(async (stream) => firstOf(stream)));
  run.kill('SIGKILL');
  assert.equal(stdout, '::notice::from the module\n');
  assert.equal(stderr, 'to stderr\n');
});

async function firstOf(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const text of stream) return String(text);
  return '';
}
