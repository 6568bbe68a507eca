import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutputLines, harmless } from '../../src/action/output-lines.ts';

function printed(chunks: readonly string[]): readonly string[] {
  const lines: string[] = [];
  const output = new OutputLines((line) => lines.push(line));
  for (const chunk of chunks) output.add(chunk);
  output.flush();
  return lines;
}

/** As ActionCommand.cs of the runner does, which compares without what has no weight in a culture's order. */
function isCommand(line: string): boolean {
  const visible = line.replace(/[\p{C}\p{M}\p{Default_Ignorable_Code_Point}]/gu, '');
  return visible.trimStart().startsWith('::') || visible.includes('##[');
}

const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['lines are marked', ['a\nb\n'], ['  │ a', '  │ b']],
  ['a line may come in pieces', ['::set', '-env na', 'me=A::b\n'], ['  │ ::set-env name=A::b']],
  ['the last line needs no line break', ['a'], ['  │ a']],
  ['a CR ends a line', ['10%\r20%\r\n'], ['  │ 10%', '  │ 20%']],
  ['a CRLF in two pieces ends one line', ['a\r', '\nb'], ['  │ a', '  │ b']],
  ['a CR at the very end is no line of its own', ['a\r'], ['  │ a']],
  ['empty lines stay', ['a\n\nb'], ['  │ a', '  │ ', '  │ b']],
  ['an old command is broken anywhere in a line', ['a ##[add-mask]b'], ['  │ a # #[add-mask]b']],
  ['a third hash does not help it', ['###[error]x'], ['  │ ## #[error]x']],
  ['a colon pair within a line stays', ['std::string'], ['  │ std::string']],
  ['colours stay', ['\u001b[31m# heading\u001b[0m'], ['  │ \u001b[31m# heading\u001b[0m']],
  ['a character in two pieces stays whole', ['\ud83d', '\ude00\n'], ['  │ 😀']],
];

for (const [what, chunks, expected] of cases) {
  test(`of what a program prints, ${what}`, () => assert.deepEqual(printed(chunks), expected));
}

test('a line without end does not fill the memory', () => {
  const lines = printed(Array.from({ length: 100 }, () => 'x'.repeat(10_000)));
  assert.equal(lines.join('').replaceAll('  │ ', '').length, 1_000_000);
  assert(lines.every((line) => line.length < 80_000) && lines.length > 10);
});

const words = fc.constantFrom(
  '::',
  ':',
  '#',
  '##[',
  '[',
  ']',
  'error',
  'add-mask',
  '\r',
  '\n',
  ' ',
  '\t',
  '\0',
  '\u00ad',
  '\u200b',
  '\ufe0f',
  '\u0301',
  'é',
  '\u001b',
);
const chunks = fc.array(
  fc.oneof(
    fc.array(words).map((each) => each.join('')),
    fc.string({ unit: 'binary' }),
  ),
);

test('nothing that a program prints, in whatever pieces, can act as a workflow command', () => {
  fc.assert(
    fc.property(chunks, (pieces) => {
      // The runner cuts what it gets once more.
      const lines = printed(pieces).flatMap((line) => line.split(/\r\n|\r|\n/));
      assert.deepEqual(lines.filter(isCommand), []);
    }),
    { numRuns: 2000 },
  );
});

test('no line of our own can act as a workflow command, whatever it quotes', () => {
  fc.assert(
    fc.property(fc.array(words), (each) => assert(!isCommand(harmless(each.join('').replace(/[\r\n]/g, ''))))),
    { numRuns: 2000 },
  );
});

test('the pieces do not matter, and nothing is lost', () => {
  fc.assert(
    fc.property(chunks, (pieces) => {
      assert.deepEqual(printed(pieces), printed([pieces.join('')]));
      const blank = (text: string): string => text.replace(/[ │\r\n]/g, '');
      assert.equal(blank(printed(pieces).join('')), blank(pieces.join('')));
    }),
  );
});
