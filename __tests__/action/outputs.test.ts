import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../rig/temporary.ts';
import { start } from './fixture.ts';

test('outputs reach the runner through its file, whatever they hold', async () => {
  await using directory = await temporaryDirectory('outputs');
  const file = join(directory.path, 'output');
  writeFileSync(file, '');
  const outputs = { revision: 'v1', result: '{"a":\n"b"}' };
  const { code, stdout } = await start('outputs', {
    args: [JSON.stringify(outputs)],
    env: { GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: file },
  });
  assert.deepEqual([code, stdout], [0, '']);
  const written = readFileSync(file, 'utf8').matchAll(/^(\S+)<<(ghadelimiter_\S+)\n(.*?)\n\2$/gms);
  assert.deepEqual(
    [...written].map(([, name, , value]) => [name, value]),
    [...Object.entries(outputs), ['url', 'https://example.com']],
  );
});

test('an output that cannot be written is a warning, not a failure', async () => {
  const { code, stdout } = await start('outputs', {
    env: { GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: '/nowhere/output' },
  });
  assert.equal(code, 0);
  assert.match(stdout, /^::warning::The output url could not be written: .*\/nowhere\/output\n$/);
});

test('the summary grows with every call', async () => {
  await using directory = await temporaryDirectory('summary');
  const file = join(directory.path, 'summary');
  await start('outputs', {
    args: ['{}', '# One', '- two'],
    env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file },
  });
  assert.equal(readFileSync(file, 'utf8'), '# One\n- two\n');
});

test('a summary that would pass 1 MiB is cut, once and with a word about it', async () => {
  await using directory = await temporaryDirectory('summary');
  const file = join(directory.path, 'summary');
  const { stdout } = await start('outputs', {
    args: ['{}', 'é*500000', 'x*50000', 'y*1'],
    env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file },
  });
  assert.equal(stdout.split('\n').filter((line) => line.startsWith('::warning::The job summary is full')).length, 1);
  assert(statSync(file).size <= 1024 * 1024);
  assert.match(readFileSync(file, 'utf8'), /^é{500000}\n\n\n_The rest is left out.*_\n$/);
});

test('in a terminal there are neither outputs nor a summary', async () => {
  await using directory = await temporaryDirectory('terminal');
  const file = join(directory.path, 'summary');
  const { stdout, stderr } = await start('outputs', {
    args: ['{"revision":"v1"}', '# One'],
    env: { FORM: 'terminal', GITHUB_STEP_SUMMARY: file },
  });
  assert.deepEqual([stdout, stderr, statSync(file, { throwIfNoEntry: false })], ['', '', undefined]);
});
