import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstCodes, page, read, rowsUnder } from './markdown.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const decision = page('docs/adr/0004-each-dependency-has-a-reason.md');

for (const [index, kind] of (['dependencies', 'devDependencies'] as const).entries()) {
  test(`each of ${kind} has a reason, and each reason its package`, () => {
    const told = firstCodes(rowsUnder(decision, 'Decision', index));
    assert.deepEqual([...told].sort(), Object.keys(manifest[kind]).sort());
  });

  test(`each of ${kind} is pinned to one version`, () => {
    for (const [name, version] of Object.entries(manifest[kind])) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  });
}
