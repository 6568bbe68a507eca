import { Breather } from './breather.ts';
import type { FileEntry } from './entry.ts';
import { readIndex, shorten } from './index-of-target.ts';
import { kindOf, writePath } from './manifest.ts';
import { Sources } from './sources.ts';

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

/** Compares the files with the index that the target sent. All must be hashed. */
export async function compare(files: readonly FileEntry[], bytes: Buffer): Promise<Delta> {
  const breather = new Breather();
  const index = await readIndex(bytes, breather);
  const sources = new Sources(index);
  const keptLines: number[] = [];
  const copied: Copy[] = [];
  const sent: FileEntry[] = [];
  let keptBytes = 0;
  let copiedBytes = 0;
  for (const file of files) {
    await breather.breathe();
    const path = writePath(file.path);
    const content = shorten(file.sha256);
    const own = index.byPath.get(path);
    if (own?.content === content && own.kind === kindOf(file)) {
      keptLines.push(own.line);
      keptBytes += file.size;
      continue;
    }
    const line =
      file.size === 0 ? undefined : own?.content === content ? own.line : sources.find(path, content, file.size);
    if (line === undefined) sent.push(file);
    else {
      copied.push({ line, file });
      copiedBytes += file.size;
    }
  }
  const kept = runs(keptLines.sort((one, two) => one - two));
  return { kept, copied, sent, keptFiles: keptLines.length, keptBytes, copiedBytes };
}

/** Everything is sent. */
export function everything(files: readonly FileEntry[]): Delta {
  return { kept: [], copied: [], sent: files, keptFiles: 0, keptBytes: 0, copiedBytes: 0 };
}

function runs(lines: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (const number of lines) {
    if (found.at(-1) === number - 1) found[found.length - 1] = number;
    else found.push(number, number);
  }
  return found;
}
