import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorOf, listenersFor, startModules, workspaceWith } from './fixture.ts';

/** Calls a listener with this body, which finds `shipper`, and tells what came of it. */
async function told(body: string): Promise<{ readonly told: readonly string[]; readonly error?: Error }> {
  await using workspace = await workspaceWith({
    'hooks.mjs': `export class Site { constructor(s) { this.s = s } async go() { const shipper = this.s; ${body} } }`,
    'bin/tool': '#!/bin/sh\necho tool "$1" in "${PWD##*/}"\n',
  });
  await using modules = await startModules(workspace, listenersFor('after:create_symlinks', 'hooks.Site.go'));
  const call = modules.call(0);
  const [outcome] = await Promise.allSettled([call]);
  const error = outcome.status === 'rejected' ? { error: await errorOf(call) } : {};
  return { told: modules.recorder.told, ...error };
}

test('run gives the results of the targets, and fills in what it was not told', async () => {
  await using workspace = await workspaceWith({
    'hooks.mjs': `
      export class Site {
        constructor({ run, log }) { Object.assign(this, { run, log }); }
        async go() {
          const [result] = await this.run('uptime');
          this.log.info(result.host + ' ' + result.code + ' ' + result.stdout.trim());
          process.env.GIVEN = 'from the environment';
          await this.run('id', { on: 'web*', once: true, cwd: 'public', env: ['GIVEN'], timeout: 30, allowFailure: true });
          await this.run('id', { env: { NAME: 'value' } });
        }
      }`,
  });
  await using modules = await startModules(workspace, listenersFor('on:error', 'hooks.Site.go'));
  await modules.call(0);
  const nothing = { on: undefined, once: false, cwd: undefined, env: {}, timeout: undefined, allowFailure: false };
  assert.equal(modules.recorder.told[2], 'info web1.example.com 0 uptime');
  assert.deepEqual(modules.recorder.requests, [
    nothing,
    { on: 'web*', once: true, cwd: 'public', env: { GIVEN: 'from the environment' }, timeout: 30, allowFailure: true },
    { ...nothing, env: { NAME: 'value' } },
  ]);
});

test('upload, outputs, summary and every level of the log reach the run, in order', async () => {
  const { told: lines } = await told(`
    await shipper.upload('dist');
    await shipper.upload('dist', { to: 'public', exclude: ['*.map', '.env'] });
    shipper.setOutput('url', 'https://example.com');
    shipper.setOutput('pages', [1, { two: 3 }]);
    shipper.setOutput('nothing', undefined);
    shipper.addSummary('# Deployed');
    shipper.log.debug('a'); shipper.log.notice('b'); shipper.log.warning('c'); shipper.log.error({ d: 1 });`);
  assert.deepEqual(lines, [
    'upload dist to . without ',
    'upload dist to public without *.map .env',
    'output url=https://example.com',
    'output pages=[1,{"two":3}]',
    'output nothing=',
    'summary # Deployed',
    'debug a',
    'notice b',
    'warning c',
    'error { d: 1 }',
  ]);
});

test('exec runs a program in the workspace, with an empty stdin', async () => {
  const { told: lines, error } = await told(`
    const silent = true;
    const { code, stdout, stderr } = await shipper.exec('sh', ['-c', 'cat; echo out; echo err >&2'], { silent });
    shipper.log.info([code, stdout, stderr].join('|'));
    const fails = await shipper.exec('sh', ['-c', 'exit 3'], { silent, allowFailure: true });
    shipper.log.info(fails.code);
    const tool = await shipper.exec('sh', ['./tool', 'a b "c"'], { silent, cwd: 'bin' });
    shipper.log.info(tool.stdout);
    const { stdout: name } = await shipper.exec('sh', ['-c', 'echo "$NAME"'], { silent, env: { NAME: 'value' } });
    shipper.log.info(name);`);
  assert.equal(error, undefined);
  assert.deepEqual(lines, ['info 0|out\n|err\n', 'info 3', 'info tool a b "c" in bin\n', 'info value\n']);
});

const refusals: readonly (readonly [string, RegExp])[] = [
  [`await shipper.exec('sh', ['-c', 'echo oops >&2; exit 3'])`, /sh -c .* ended with exit status 3\n  │ oops/],
  [`await shipper.exec('sh', ['-c', 'kill -9 $$'])`, /sh was ended by a signal/],
  [`await shipper.exec('no such program')`, /no such program ended with exit status 127\n.*not found/],
  [`await shipper.exec('')`, /the program of shipper.exec\(\) must be a text/],
  [`await shipper.run('id', { allow_failure: true })`, /no option "allow_failure": did you mean "allowFailure"\?/],
  [`await shipper.run('id', { sudo: true })`, /no option "sudo"; it has on, once, cwd, env, timeout, allowFailure/],
  [`await shipper.run('id', { timeout: '5' })`, /timeout of shipper.run\(\) must be a number/],
  [`await shipper.run('id', { timeout: 0 })`, /timeout of shipper.run\(\) is in seconds, above 0/],
  [`await shipper.run('id', { env: null })`, /env of shipper.run\(\) must be an object or array/],
  [`await shipper.run('id', { env: ['NOT_THERE'] })`, /the variable NOT_THERE for shipper.run\(\) is not set/],
  [`await shipper.run('id', { on: 'runner' })`, /use shipper.exec\(\) on the runner/],
  [`await shipper.run('  ')`, /the command of shipper.run\(\) must be a text that is not empty/],
  [`await shipper.upload()`, /the path of shipper.upload\(\) must be a text/],
  [`await shipper.upload('dist', { exclude: { a: 1 } })`, /must be an array of patterns/],
  [`shipper.setOutput(undefined, 'x')`, /the name of shipper.setOutput\(\) must be a text/],
  [`shipper.setOutput('result', 'x')`, /the output "result" is Shipper's own/],
  [`shipper.addSummary(5)`, /shipper.addSummary\(\) must be a text/],
];

for (const [body, expected] of refusals) {
  test(`it fails the listener to say ${body}`, async () => {
    const { told: lines, error } = await told(body);
    assert.match(error?.message ?? 'no error', expected);
    assert.deepEqual(lines, []);
  });
}

test('targets cannot be used from a constructor', async () => {
  await using workspace = await workspaceWith({
    'hooks.mjs': `export class Site { constructor(shipper) { this.early = shipper.run('id').catch(e => e.message); this.s = shipper } async go() { this.s.log.info(await this.early) } }`,
  });
  await using modules = await startModules(workspace, listenersFor('on:start', 'hooks.Site.go'));
  await modules.call(0);
  assert.match(modules.recorder.told.join(), /^info shipper\.run\(\) is for listeners/);
});

test('what a listener forgot to await is awaited before it counts as done', async () => {
  const { told: lines, error } = await told(`void shipper.run('wait a moment');`);
  assert.equal(error, undefined);
  assert.deepEqual(lines, ['run wait a moment', 'ran wait a moment']);
});

test('a run that fails without being awaited fails its listener', async () => {
  const { error } = await told(`void shipper.run('fail later');`);
  assert.match(error?.message ?? '', /web1: fail later/);
});

test('a listener may catch the failure of a run, and learns its code', async () => {
  const { told: lines, error } = await told(
    `await shipper.run('fail').catch((e) => shipper.log.info(e.code + ' ' + e.message));`,
  );
  assert.equal(error, undefined);
  assert.deepEqual(lines, ['run fail', 'info TARGET web1: fail']);
});
