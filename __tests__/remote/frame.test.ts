import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { shipperSh } from '../../src/generated/shipper-sh.ts';
import { decodeWord, encodeWord, frame, readFact } from '../../src/remote/frame.ts';
import { pathFor, shells } from '../rig/local-connection.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

// No NUL, which no path and no variable can hold, and no lone surrogate, which is no text.
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0')),
  fc.string({ unit: fc.constantFrom(' ', '\n', '\\', '~', "'", '"', '$', '`', '0', 'c', '%', '*', 'é', '😀', '\t') }),
);

test('a word is one word, and gives its value back', () => {
  fc.assert(
    fc.property(value, (text) => {
      const word = encodeWord(text);
      assert.doesNotMatch(word, /[\s~]/);
      assert.equal(decodeWord(word), text);
    }),
  );
});

test('a fact gives back its kind and values', () => {
  fc.assert(
    fc.property(fc.array(value), (values) => {
      assert.deepEqual(readFact(frame(['kind', ...values])), { kind: 'kind', values });
    }),
  );
});

// What stands before the script's own work begins: its functions.
const functions = shipperSh.slice(0, shipperSh.indexOf("case $2 in\n'run '*)"));

for (const shell of shells) {
  test(`the script reads the words of a frame and says them back, under ${shell}`, async () => {
    await using directory = await temporaryDirectory('words');
    const env = { PATH: await pathFor(shell, directory.path) };
    const script = `${functions}\nfor word in $1; do decode "$word"; say fact "$value"; done`;
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), (values) => {
        const output = execFileSync('/bin/sh', ['-c', 'exec sh -c "$0" sh "$1"', script, frame(values)], { env });
        const lines = output.toString().split('\n').slice(0, -1);
        assert.deepEqual(
          lines.map((line) => readFact(line).values),
          values.map((text) => [text]),
        );
      }),
      { numRuns: 40 },
    );
  });
}
