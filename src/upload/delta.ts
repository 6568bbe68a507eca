import { Breather } from './breather.ts';
import type { FileEntry } from './entry.ts';
import { kindOf, writePath } from './manifest.ts';

/** What the target does with what it has: the lines of its index count from 1. */
export interface Delta {
  /** First and last line of each run of files that are the same at the same path. */
  readonly kept: readonly number[];
  /** Files whose content is there under another path or mode. */
  readonly copied: readonly Copy[];
  /** Files whose content is not there. */
  readonly sent: readonly FileEntry[];
  readonly keptFiles: number;
  readonly keptBytes: number;
  readonly copiedBytes: number;
}

export interface Copy {
  readonly line: number;
  readonly file: FileEntry;
}

/** Hexadecimal digits of a hash that the index holds; a chance hit is met by the hash of the whole manifest. */
const digits = 16;
const line = /^([0-9a-f]{16}) ([fx]) \d+ (.+)$/;

/** Compares the files with the index that the target sent: a manifest with shortened hashes. All must be hashed. */
export async function compare(files: readonly FileEntry[], index: Buffer): Promise<Delta> {
  const breather = new Breather();
  const there = await readIndex(index, breather);
  const keptLines: number[] = [];
  const copied: Copy[] = [];
  const sent: FileEntry[] = [];
  let keptBytes = 0;
  let copiedBytes = 0;
  for (const file of files) {
    const content = file.sha256?.slice(0, digits) ?? '';
    const own = there.byPath.get(writePath(file.path));
    const other = there.byContent.get(content);
    if (own?.content === content && own.kind === kindOf(file)) {
      keptLines.push(own.line);
      keptBytes += file.size;
    } else if (other !== undefined && file.size > 0) {
      copied.push({ line: own?.content === content ? own.line : other, file });
      copiedBytes += file.size;
    } else {
      sent.push(file);
    }
    await breather.breathe();
  }
  const kept = runs(keptLines.sort((one, two) => one - two));
  return { kept, copied, sent, keptFiles: keptLines.length, keptBytes, copiedBytes };
}

/** Everything is sent. */
export function everything(files: readonly FileEntry[]): Delta {
  return { kept: [], copied: [], sent: files, keptFiles: 0, keptBytes: 0, copiedBytes: 0 };
}

interface Index {
  readonly byPath: ReadonlyMap<string, { readonly line: number; readonly content: string; readonly kind: string }>;
  readonly byContent: ReadonlyMap<string, number>;
}

async function readIndex(bytes: Buffer, breather: Breather): Promise<Index> {
  const byPath = new Map<string, { line: number; content: string; kind: string }>();
  const byContent = new Map<string, number>();
  let number = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    const [, content, kind, path] = line.exec(bytes.toString('latin1', start, end)) ?? [];
    start = end + 1;
    number += 1;
    await breather.breathe();
    if (content === undefined || kind === undefined || path === undefined) continue;
    byPath.set(path, { line: number, content, kind });
    if (!byContent.has(content)) byContent.set(content, number);
  }
  return { byPath, byContent };
}

function runs(lines: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (const number of lines) {
    if (found.at(-1) === number - 1) found[found.length - 1] = number;
    else found.push(number, number);
  }
  return found;
}
