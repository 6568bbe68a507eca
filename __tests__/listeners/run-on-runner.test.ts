import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunListener } from '../../src/config/config.ts';
import { type RunnerResult, runOnRunner } from '../../src/listeners/run-on-runner.ts';
import { errorOf, Recorder, type Workspace, workspaceWith } from '../modules/fixture.ts';
import { gone, pidsIn } from '../modules/running.ts';

interface Setting {
  readonly listener?: Partial<RunListener>;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly log?: Recorder;
  readonly workspace?: Workspace;
}

async function run(command: string, setting: Setting = {}): Promise<RunnerResult> {
  await using own = await workspaceWith({});
  const { listener, env = process.env, signal, log = new Recorder(), workspace = own } = setting;
  return await runOnRunner({
    listener: {
      kind: 'run',
      event: 'after:create_revision',
      index: 1,
      at: { file: 'shipper.json', line: 5, column: 9 },
      run: command,
      on: 'runner',
      once: false,
      env: [],
      allowFailure: false,
      ...listener,
    },
    workspace: workspace.path,
    env,
    variables: { SHIPPER_EVENT: 'after:create_revision' },
    log: log.log,
    signal,
  });
}

test('a command runs in the workspace, with an empty stdin, and its output reaches the log', async () => {
  await using workspace = await workspaceWith({ 'file.txt': 'content' });
  const log = new Recorder();
  const result = await run('cat; cat file.txt; printf "%s" "grüße" >&2', { workspace, log });
  assert.equal(result.code, 0);
  assert.match(result.output, /content/);
  assert.match(result.output, /grüße/);
  assert.ok(log.told.every((line) => line.startsWith('output ')));
  assert.equal(log.told.map((line) => line.slice('output '.length)).join(''), result.output);
});

test('the first line that fails ends it', async () => {
  const error = await errorOf(run('echo first\nfalse\necho second'));
  assert.match(error.message, /exit status 1[^]*first$/);
});

test('it gets the variables of the event over those of the runner, and no inputs', async () => {
  const env = { PATH: process.env['PATH'], TOKEN: 'mine', INPUT_KEY: 'secret', SHIPPER_EVENT: 'other' };
  const { output } = await run('env | grep -E "TOKEN|INPUT|SHIPPER" | sort', { env });
  assert.equal(output, 'SHIPPER_EVENT=after:create_revision\nTOKEN=mine\n');
});

test('any exit status but 0 is a failure, with the end of the output', async () => {
  const error = await errorOf(run('seq 100; echo broken >&2; exit 3'));
  assert.equal(error.code, 'LISTENER');
  assert.equal(error.step, 'after:create_revision');
  assert.deepEqual(error.problems[0]?.at, { file: 'shipper.json', line: 5, column: 9 });
  assert.match(
    error.message,
    /^Listener 2 of after:create_revision \(run seq 100; echo broken >&2; exit 3\) failed on the runner: exit status 3\n/,
  );
  assert.match(error.message, /broken/);
  assert.ok(error.message.split('\n').length <= 11);
});

test('a command that was not found is told with the PATH', async () => {
  const error = await errorOf(run('no-such-command', { env: { PATH: '/usr/bin:/bin' } }));
  assert.match(error.message, /exit status 127, a command was not found; PATH was \/usr\/bin:\/bin\n/);
});

test('a signal that ends it is a failure', async () => {
  assert.match((await errorOf(run('kill -9 $$'))).message, /failed on the runner: it was ended by SIGKILL$/);
});

test('a failure that is allowed is a warning', async () => {
  const log = new Recorder();
  const result = await run('exit 4', { listener: { allowFailure: true }, log });
  assert.equal(result.code, 4);
  assert.match(log.told.join(), /^warning Listener 2 .* failed on the runner, which it may: exit status 4$/);
});

test('only the end of a long output is kept', async () => {
  const { output } = await run('yes 0123456789 | head -c 1000000; echo; echo last');
  assert.equal(output.length, 64 * 1024);
  assert.match(output, /\nlast\n$/);
});

test('a timeout ends it and everything that it started', async () => {
  await using workspace = await workspaceWith({});
  const begin = performance.now();
  const command = 'echo $$ > pids; sleep 60 & echo $! >> pids; wait';
  const call = errorOf(run(command, { workspace, listener: { timeout: 0.5 } }));
  const pids = await pidsIn(join(workspace.path, 'pids'), 2);
  assert.match((await call).message, /failed on the runner: it was stopped after its timeout of 0\.5 s$/);
  assert.ok(performance.now() - begin < 30_000);
  await gone(pids);
});

test('a timeout may be allowed', async () => {
  const result = await run('exec sleep 60', { listener: { timeout: 0.2, allowFailure: true } });
  assert.equal(result.code, undefined);
});

test('an abort asks it to end, then kills what does not', async () => {
  await using workspace = await workspaceWith({});
  const controller = new AbortController();
  const log = new Recorder();
  const stubborn = `sh -c 'trap "echo asked" TERM; echo $$ >> pids; while :; do sleep 0.05; done'`;
  const call = errorOf(run(`echo $$ > pids; ${stubborn}; true`, { workspace, log, signal: controller.signal }));
  const pids = await pidsIn(join(workspace.path, 'pids'), 2);
  await sleep(50);
  const begin = performance.now();
  controller.abort();
  assert.equal((await call).code, 'CANCELLED');
  assert.ok(performance.now() - begin < 30_000);
  await gone(pids);
  assert.match(log.told.join(), /asked/);
});

test('after an abort, nothing is started', async () => {
  assert.equal((await errorOf(run('true', { signal: AbortSignal.abort() }))).code, 'CANCELLED');
});

test('a daemon that it leaves behind does not hold it up', async () => {
  await using workspace = await workspaceWith({});
  const begin = performance.now();
  const { output } = await run('echo started; sleep 60 & echo $! > pids', { workspace });
  assert.ok(performance.now() - begin < 30_000);
  assert.equal(output, 'started\n');
  for (const pid of await pidsIn(join(workspace.path, 'pids'), 1)) process.kill(pid);
});

test('a shell that cannot be started is a failure that says so', async () => {
  const error = await errorOf(run('true', { env: { PATH: '/nowhere' } }));
  assert.equal(error.code, 'LISTENER');
  assert.match(error.message, /could not be started on the runner: spawn sh ENOENT/);
});
