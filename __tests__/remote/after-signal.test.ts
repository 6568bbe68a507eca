import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const remote = join(import.meta.dirname, '../../src/remote');

function readsIn(text: string): number {
  const code = text.replace(/^\s*#.*|\s#\s.*/gm, '');
  return [...code.matchAll(/(?:^|[\s;|({!])read\s/g)].length;
}

// In BusyBox 1.38, `read` loops for ever once a trap has run, in subshells too.
test('nothing that can run after a signal depends on `read`', () => {
  assert.equal(readsIn(readFileSync(join(remote, 'shipper.sh'), 'utf8')), 1, 'only the loop over frames reads');
  for (const part of globSync(join(remote, 'shipper/*.sh'))) assert.equal(readsIn(readFileSync(part, 'utf8')), 0, part);
  const finish = /^finish\(\) \{.*?^\}/ms.exec(readFileSync(join(remote, 'upload.sh'), 'utf8'))?.[0] ?? 'read ';
  assert.equal(readsIn(finish), 0, finish);
});
