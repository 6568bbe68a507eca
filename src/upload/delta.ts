import { Breather } from './breather.ts';
import { sha256 } from './content.ts';
import type { FileEntry, Tree } from './entry.ts';
import { Finder } from './finder.ts';
import { digits, readIndex } from './index-of-target.ts';
import { kindOf, readPath, writePath } from './manifest.ts';
import { type Known, nothingKnown } from './question.ts';
import { Sources } from './sources.ts';

/** What the target does with what it has: the lines of its index count from 1. */
export interface Delta {
  /** First and last line of each run of files that are the same at the same path. */
  readonly kept: readonly number[];
  /** Files whose content is there under another path or mode. */
  readonly copied: readonly Copy[];
  /** Files whose content is not there. */
  readonly sent: readonly FileEntry[];
  readonly sentBytes: number;
}

export interface Copy {
  readonly line: number;
  readonly file: FileEntry;
}

/**
 * Compares the files with the index that the target sent, but for those that are known to be the same there: in the
 * target's list they stand after the index. All must be hashed. It goes twice over the index, since most
 * files are the same at the same path: only for the others is kept in memory what the target has. What `isReplaced`
 * is there no more: a symlink took its place after it was uploaded.
 */
export async function compare(
  { files, hashes }: Tree,
  index: Buffer,
  isReplaced: (path: string) => boolean,
  { same, listed }: Known = nothingKnown,
): Promise<Delta> {
  const breather = new Breather();
  const finder = new Finder(files);
  const found = new Uint8Array(files.length);
  const kept: number[] = [];
  const copied: Copy[] = [];
  for (const { number } of same) found[number] = 1;
  for (const { line, path, content, kind } of readIndex(index)) {
    if (breather.isDue) await breather.turn();
    const file = isReplaced(path) ? undefined : finder.find(readPath(path));
    if (file === undefined || found[file.number] === 1 || content !== hashes.get(file, digits)) continue;
    found[file.number] = 1;
    if (kind === kindOf(file)) kept.push(line);
    else copied.push({ line, file });
  }
  const others = files.filter(({ number }) => found[number] === 0);
  const sources = new Sources(new Set(others.map((file) => hashes.get(file, digits))));
  for (const file of others.length === 0 ? [] : readIndex(index)) {
    if (breather.isDue) await breather.turn();
    if (!isReplaced(file.path)) sources.add(file);
  }
  for (const [index, file] of others.length === 0 ? [] : same.entries()) {
    if (breather.isDue) await breather.turn();
    const content = hashes.get(file, digits);
    if (!sources.wants(content)) continue;
    sources.add({ line: listed + 1 + index, path: writePath(file.path), content, kind: kindOf(file) });
  }
  const sent: FileEntry[] = [];
  for (const file of others) {
    if (breather.isDue) await breather.turn();
    const line = sources.find(writePath(file.path), hashes.get(file, digits), file.size);
    if (line === undefined) sent.push(file);
    else copied.push({ line, file });
  }
  const sentBytes = sent.reduce((bytes, { size }) => bytes + size, 0);
  const afterIndex = same.length === 0 ? [] : [listed + 1, listed + same.length];
  return { kept: [...runs(kept), ...afterIndex], copied, sent, sentBytes };
}

/** Everything is sent. */
export function everything(files: readonly FileEntry[]): Delta {
  return { kept: [], copied: [], sent: files, sentBytes: files.reduce((bytes, { size }) => bytes + size, 0) };
}

function runs(lines: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (const number of lines) {
    if (found.at(-1) === number - 1) found[found.length - 1] = number;
    else found.push(number, number);
  }
  return found;
}

/** The same name for what is sent in the same way. */
export function nameOf({ sent, copied }: Delta): string {
  const numbers = new Uint32Array(1 + sent.length + 2 * copied.length);
  numbers[0] = sent.length;
  for (const [index, { number }] of sent.entries()) numbers[1 + index] = number;
  for (const [index, { line, file }] of copied.entries()) numbers.set([line, file.number], 1 + sent.length + 2 * index);
  return sha256(Buffer.from(numbers.buffer));
}
