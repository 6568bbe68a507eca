import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stand } from 'shipper/stand.mjs';
import { Site } from './site.ts';

test('what is built is uploaded, and says its version', async () => {
  await using site = await stand({ workspace: join(import.meta.dirname, '..') });
  await new Site(site.shipper).build();
  const { path = '' } = site.shipper.revision ?? {};
  assert.equal(await readFile(join(path, 'public', 'index.html'), 'utf8'), 'built\n');
  assert.equal(await readFile(join(path, 'public', 'version.txt'), 'utf8'), 'new\n');
  assert.deepEqual(site.uploads, [{ from: 'dist', options: { to: 'public' } }]);
});
