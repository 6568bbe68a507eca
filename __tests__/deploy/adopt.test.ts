import assert from 'node:assert/strict';
import { mkdirSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { localFleet } from '../rig/local-fleet.ts';

const releases = ['20240101', '20240102', '20240103'];

test('what another tool left is adopted: shown first, then rolled back into, and rotated from then on', async () => {
  await using fleet = await localFleet(1);
  const root = fleet.root('web1');
  for (const release of releases) mkdirSync(join(root, 'revisions', release), { recursive: true });
  symlinkSync('revisions/20240103', join(root, 'current'));
  const dry = await fleet.run({ command: 'adopt', dryRun: true });
  assert.equal(dry.error, undefined, dry.log.join('\n'));
  assert.deepEqual(dry.result.targets[0]?.plan?.adopts, { revisions: releases, order: 'their names' });
  assert.deepEqual(fleet.revisions('web1'), releases);

  const run = await fleet.run({ command: 'adopt' });
  assert.equal(run.result.status, 'succeeded', run.log.join('\n'));
  assert.equal(readlinkSync(join(root, 'current')), 'revisions/20240103', 'its text stays as it was');
  const back = await fleet.run({ command: 'rollback' });
  assert.equal(back.result.targets[0]?.active, '20240102', back.log.join('\n'));
  const next = await fleet.run({ revision: 'v1', config: { revisionsToKeep: 1 } });
  assert.equal(next.error, undefined, next.log.join('\n'));
  assert.deepEqual(fleet.active(), ['v1']);
  assert.ok(fleet.revisions('web1').includes('20240102') && !fleet.revisions('web1').includes('20240101'));
});

test('a plain directory under a web server becomes a revision, and the symlink takes its place', async () => {
  await using fleet = await localFleet(1);
  const root = fleet.root('web1');
  mkdirSync(join(root, 'site'));
  writeFileSync(join(root, 'site', 'index.html'), 'by hand');
  renameSync(join(root, 'site'), join(root, 'current'));
  const run = await fleet.run({ command: 'adopt', revision: 'by-hand' });
  assert.equal(run.result.status, 'succeeded', run.log.join('\n'));
  assert.deepEqual(fleet.active(), ['by-hand']);
  const next = await fleet.run({ revision: 'v1' });
  assert.equal(next.error, undefined, next.log.join('\n'));
  const back = await fleet.run({ command: 'rollback' });
  assert.equal(back.error, undefined, back.log.join('\n'));
  assert.deepEqual(fleet.active(), ['by-hand']);
});
