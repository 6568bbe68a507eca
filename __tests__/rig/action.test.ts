import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runAction, startAction } from './action.ts';
import { createWorkspace } from './workspace.ts';

const entry = `
  const { appendFileSync } = require('node:fs');
  console.log('key: ' + process.env['INPUT_KNOWN-HOSTS'] + ', config: ' + process.env['INPUT_CONFIG']);
  console.error('::error file=a.json,line=1,col=2::wrong');
  appendFileSync(process.env.GITHUB_OUTPUT, 'result<<E\\n{"status":"failed"}\\nE\\n');
  appendFileSync(process.env.GITHUB_STEP_SUMMARY, '# Done');
  if (process.env.SHIP_WAIT) setInterval(() => {}, 1000);
  else process.exitCode = 1;
`;

test('an action gets its inputs as from the runner, and its run is read back', async () => {
  await using workspace = await createWorkspace({ config: {} }, { 'entry.cjs': entry });
  const inputs = { 'known-hosts': 'a b c' };
  const run = await runAction({ cwd: workspace.path, inputs, entry: join(workspace.path, 'entry.cjs') });
  assert.equal(run.code, 1);
  assert.equal(run.stdout, 'key: a b c, config: shipper.json\n');
  assert.deepEqual(run.annotations, [{ level: 'error', file: 'a.json', line: 1, column: 2, message: 'wrong' }]);
  assert.equal(run.result?.status, 'failed');
  assert.equal(run.summary, '# Done');
});

test('a running action can be waited for and signalled', async () => {
  await using workspace = await createWorkspace(undefined, { 'entry.cjs': entry });
  const cwd = workspace.path;
  const action = await startAction({ cwd, env: { SHIP_WAIT: '1' }, entry: join(cwd, 'entry.cjs') });
  await action.printed(/config: shipper\.json$/);
  action.child.kill('SIGINT');
  const { code, signal } = await action.done;
  assert.deepEqual({ code, signal }, { code: null, signal: 'SIGINT' });
  await assert.rejects(action.printed(/never/), /Ended without printing \/never\/:\nkey: /);
});
