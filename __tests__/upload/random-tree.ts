import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';

/** What a tree holds, by path; paths, contents and links' texts are bytes as latin1. */
export type RandomTree = Readonly<Record<string, RandomEntry>>;

type RandomEntry =
  | { readonly kind: 'file'; readonly content: string; readonly executable: boolean }
  | { readonly kind: 'directory' }
  | { readonly kind: 'link'; readonly text: string };

/** Few enough that two trees have much in common. */
const names = [
  ...[
    'a',
    'b',
    'c.txt',
    '-n',
    '--help',
    '.hidden',
    '..x',
    'x y',
    ' ',
    'new\nline',
    '\n',
    'back\\slash',
    '\\0134',
    '\\',
    'Icon\r',
  ],
  ...[`quo'te"`, '$(id)', '`id`', '*', '[a]', '~', '@x', 'tab\t', '\xc3\xbc', '\xff\xfe', '\x01', 'long'.repeat(60)],
];
const contents = ['', 'x', 'x\n', 'hello\nworld\n', '\0\xff'.repeat(300), 'y'.repeat(5000), 'z'.repeat(300_000)];

const name = fc.constantFrom(...names);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const entry: fc.Arbitrary<RandomEntry> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('file'),
      content: fc.constantFrom(...contents),
      executable: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('directory') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('link'), text: name }) },
);

export const randomTree: fc.Arbitrary<RandomTree> = fc
  .array(fc.tuple(path, entry), { maxLength: 25 })
  .map((entries) =>
    Object.fromEntries(entries.filter(([one]) => !entries.some(([other, { kind }]) => isBelow(one, other, kind)))),
  );

function isBelow(one: string, other: string, kind: string): boolean {
  return kind !== 'directory' && one.startsWith(`${other}/`);
}

/** Makes a directory hold exactly that tree. */
export function writeTree(directory: string, tree: RandomTree): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  for (const [where, what] of Object.entries(tree)) {
    const full = Buffer.from(`${directory}/${where}`, 'latin1');
    mkdirSync(full.subarray(0, full.lastIndexOf('/')), { recursive: true });
    if (what.kind === 'directory') mkdirSync(full, { recursive: true });
    if (what.kind === 'link') symlinkSync(Buffer.from(what.text, 'latin1'), full);
    if (what.kind === 'file') {
      writeFileSync(full, Buffer.from(what.content, 'latin1'));
      chmodSync(full, what.executable ? 0o755 : 0o644);
    }
  }
  execFileSync('find', [directory, '-type', 'd', '-exec', 'chmod', '755', '{}', '+']);
}
