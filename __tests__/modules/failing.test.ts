import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { until } from '../rig/until.ts';
import { errorOf, listenersFor, startModules, workspaceWith, type Started } from './fixture.ts';

const hooks = `
import { setTimeout as sleep } from 'node:timers/promises';
export class Site {
  constructor(shipper) { this.shipper = shipper; }
  throws() {
    throw new TypeError('no such file');
  }
  async rejects() { await null; throw new Error('too late', { cause: new Error('the clock') }); }
  async throwsText() { throw 'just text'; }
  async throwsObject() { throw { status: 404 }; }
  async forgets() { void Promise.reject(new Error('forgotten')); await sleep(60_000); }
  async callsBack() { setTimeout(() => { throw new Error('from a timer') }, 10); await sleep(60_000); }
  async afterwards() { setTimeout(() => { throw new Error('after the end') }, 100); }
  exits() { process.exit(3); }
  exitsFine() { process.exit(0); }
  dies() { process.kill(process.pid, 'SIGKILL'); }
  async runs() { await this.shipper.run('fail on target'); }
  async exitsWhileRunning() { void this.shipper.run('wait for it'); await sleep(20); process.exit(1); }
  says() { this.shipper.log.info('still here'); }
}`;

async function start(method: string): Promise<Started> {
  const workspace = await workspaceWith({ 'deploy/hooks.mjs': hooks });
  const listeners = listenersFor('after:create_revision', 'deploy.hooks.Site.says', `deploy.hooks.Site.${method}`);
  const modules = await startModules(workspace, listeners);
  return {
    ...modules,
    [Symbol.asyncDispose]: async () => {
      await modules[Symbol.asyncDispose]();
      await workspace[Symbol.asyncDispose]();
    },
  };
}

async function failureOf(method: string): Promise<ShipperError> {
  await using modules = await start(method);
  return await errorOf(modules.call(1));
}

test('what a listener throws names it, and the place in the workspace where it was thrown', async () => {
  const error = await failureOf('throws');
  assert.equal(error.code, 'LISTENER');
  assert.equal(error.step, 'after:create_revision');
  assert.deepEqual(error.message.split('\n'), [
    'Listener 2 of after:create_revision (deploy.hooks.Site.throws) failed: TypeError: no such file',
    '    at Site.throws (deploy/hooks.mjs:6:11)',
  ]);
  assert.deepEqual(error.problems[0]?.at, { file: 'deploy/hooks.mjs', line: 6, column: 11 });
});

test('a rejection is a failure, with its cause', async () => {
  assert.match((await failureOf('rejects')).message, /failed: too late\ncaused by the clock\n {4}at /);
});

test('what is thrown need not be an error', async () => {
  const text = await failureOf('throwsText');
  assert.match(text.message, /failed: just text$/);
  assert.deepEqual(text.problems[0]?.at, { file: 'shipper.json', line: 4, column: 7 });
  assert.match((await failureOf('throwsObject')).message, /failed: \{ status: 404 \} was thrown$/);
});

test('a rejection that nothing handles fails the listener at once', async () => {
  assert.match((await failureOf('forgets')).message, /failed: forgotten\n {4}at Site.forgets \(deploy\/hooks.mjs:11/);
});

test('an exception from a callback fails the listener at once', async () => {
  assert.match((await failureOf('callsBack')).message, /failed: from a timer/);
});

test('an exception after the listener has returned is a warning', async () => {
  await using modules = await start('afterwards');
  await modules.call(1);
  await until('a warning is told', () => modules.recorder.told.length > 0);
  assert.match(
    modules.recorder.told.join(),
    /^warning A module failed after its listener had returned: after the end\n/,
  );
});

test('the failure of a run keeps its own error as the cause, with its target', async () => {
  const error = await failureOf('runs');
  assert.match(error.message, /\(deploy\.hooks\.Site\.runs\) failed: web1: fail on target/);
  assert.equal(error.target, 'web1');
  assert.ok(error.cause instanceof ShipperError);
  assert.equal(error.cause.code, 'TARGET');
});

for (const [method, how] of [
  ['exits', 'ended with exit status 3'],
  ['exitsFine', 'ended with exit status 0'],
  ['dies', 'was ended by SIGKILL'],
] as const) {
  test(`a listener whose process ${how} has failed, and a later one still runs`, async () => {
    await using modules = await start(method);
    const error = await errorOf(modules.call(1));
    assert.equal(error.code, 'LISTENER');
    assert.match(error.message, new RegExp(`^Listener 2 of after:create_revision .* failed: .* ${how}`));
    await modules.call(0);
    const anew = 'info The modules are loaded anew, since the process that they were in has ended.';
    assert.deepEqual(modules.recorder.told, [anew, 'info still here']);
  });
}

test('a listener that exits has not failed before what it started on the targets is over', async () => {
  await using modules = await start('exitsWhileRunning');
  await errorOf(modules.call(1));
  assert.deepEqual(modules.recorder.told, ['run wait for it', 'ran wait for it']);
});
