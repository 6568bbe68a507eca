import type { Breather } from './breather.ts';

/** What a target has: a manifest with shortened hashes. Lines count from 1. */
export interface Index {
  readonly byPath: ReadonlyMap<string, IndexedFile>;
  /** Files of that content; of many, some. */
  readonly byContent: ReadonlyMap<string, readonly IndexedFile[]>;
}

export interface IndexedFile {
  readonly line: number;
  /** As a manifest has it. */
  readonly path: string;
  readonly content: string;
  readonly kind: string;
}

/** A hash as the index has it; a chance hit is met by the hash of the whole manifest. */
export function shorten(sha256: string | undefined): string {
  return sha256?.slice(0, 16) ?? '';
}

const line = /^([0-9a-f]{16}) ([fx]) \d+ (.+)$/;

/** Of a content that is there often, this many places are enough to choose from. */
const mostPlaces = 16;

export async function readIndex(bytes: Buffer, breather: Breather): Promise<Index> {
  const byPath = new Map<string, IndexedFile>();
  const byContent = new Map<string, IndexedFile[]>();
  let number = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    const [, content, kind, path] = line.exec(bytes.toString('latin1', start, end)) ?? [];
    start = end + 1;
    number += 1;
    await breather.breathe();
    if (content === undefined || kind === undefined || path === undefined) continue;
    const file = { line: number, path, content, kind };
    if (!byPath.has(path)) byPath.set(path, file);
    const places = byContent.get(content);
    if (places === undefined) byContent.set(content, [file]);
    else if (places.length < mostPlaces) places.push(file);
  }
  return { byPath, byContent };
}
