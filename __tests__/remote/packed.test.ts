import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { shipperSh } from '../../src/generated/shipper-sh.ts';
import { packed } from '../../src/remote/packed.ts';

const unpacked = (word: string): string => gunzipSync(Buffer.from(word, 'base64')).toString();

test('a script and whatever follows come back as they were, the script packed once', () => {
  const any = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  fc.assert(
    fc.property(fc.constantFrom('', 'echo ä\n', shipperSh), any, (script, rest) => {
      assert.equal(unpacked(packed(script, rest)), script + rest);
    }),
    { numRuns: 30 },
  );
});

test("the target's gzip finds one whole file, however long the frame", () => {
  for (const rest of ['', '~do deploy', `~${'link /srv/share/a public/a '.repeat(20_000)}`]) {
    const input = Buffer.from(packed(shipperSh, rest), 'base64');
    for (const [program, ...more] of [
      ['gzip', '-dc'],
      ['busybox', 'gzip', '-dc'],
    ] as const) {
      const text = execFileSync(program, more, { input, maxBuffer: 1e7 }).toString();
      assert.equal(text, shipperSh + rest, program);
    }
  }
});
