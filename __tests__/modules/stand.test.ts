import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createShipper } from '../../src/modules/child/shipper.ts';
import { stand } from '../../stand.mjs';
import { temporaryDirectory } from '../rig/temporary.ts';
import { configWith } from './fixture.ts';

const root = join(import.meta.dirname, '..', '..');
const execute = promisify(execFile);

test('the stand-in has what the real one has, and nothing else', async () => {
  const wire = { tell: () => undefined, ask: async () => Promise.reject(new Error('nobody answers')) };
  const { shipper } = createShipper(wire as never, { command: 'deploy', config: configWith([]) }, root);
  await using own = await stand();
  assert.deepEqual(Object.keys(own.shipper).sort(), Object.keys(shipper).sort());
  assert.deepEqual(Object.keys(own.shipper.log).sort(), Object.keys(shipper.log).sort());
  assert.deepEqual(Object.keys(own.shipper.config).sort(), Object.keys(configWith([])).sort());
});

test('commands run under sh -e in the revision, and a failure rejects unless it is allowed', async () => {
  await using own = await stand({ event: 'after:create_symlinks' });
  const { shipper } = own;
  const [result] = await shipper.run('printf "%s " "$SHIPPER_EVENT" "$WHO"; pwd', { env: { WHO: 'me' } });
  assert.match(result?.stdout ?? '', /^after:create_symlinks me .*\/revisions\/new\n$/);
  await assert.rejects(shipper.run('false\ntrue'), /exit status 1/);
  assert.equal((await shipper.run('exit 7', { allowFailure: true }))[0]?.code, 7);
});

test('the example of modules passes its tests as it stands', async () => {
  await using place = await temporaryDirectory('modules');
  const example = join(place.path, 'example');
  cpSync(join(root, 'examples', 'modules'), example, { recursive: true });
  mkdirSync(join(example, 'node_modules'));
  symlinkSync(root, join(example, 'node_modules', 'shipper'));
  const env = { PATH: process.env['PATH'] };
  const { stdout } = await execute(process.execPath, ['--test', '--test-reporter=tap'], { cwd: example, env });
  assert.match(stdout, /\n# pass 3\n# fail 0\n/);
});
