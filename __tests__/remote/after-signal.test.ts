import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const remote = join(import.meta.dirname, '../../src/remote');

function readsIn(text: string): number {
  const code = text.replace(/^\s*#.*|\s#\s.*/gm, '').replace(/'[^'\n]*'/g, '');
  return [...code.matchAll(/(?:^|[\s;|({!])read\s/g)].length;
}

// In BusyBox 1.38, `read` loops for ever once a trap has run, in subshells too.
test('nothing that can run after a signal depends on `read`', () => {
  const shipper = readFileSync(join(remote, 'shipper.sh'), 'utf8').replace(/^run_until_end\(\).*?^\}/ms, '');
  assert.equal(readsIn(shipper), 0, 'only what takes the frames reads, of which no signal is followed by another');
  for (const part of globSync(join(remote, 'shipper/*.sh'))) assert.equal(readsIn(readFileSync(part, 'utf8')), 0, part);
  const finish = /^finish\(\) \{.*?^\}/ms.exec(readFileSync(join(remote, 'upload.sh'), 'utf8'))?.[0] ?? 'read ';
  assert.equal(readsIn(finish), 0, finish);
});

// In a trap, POSIX gives a bare `return` or `exit` the status from before it.
test('every `return` and `exit` says its status', () => {
  for (const script of globSync(['*.sh', '*/*.sh'], { cwd: remote })) {
    const code = readFileSync(join(remote, script), 'utf8').replace(/^\s*#.*|\s#\s.*/gm, '');
    assert.deepEqual(
      code.match(/^.*\b(?:return|exit)(?: *$| *;| +\}).*$/gm)?.filter((line) => !line.includes('FNR')) ?? [],
      [],
      script,
    );
  }
});
