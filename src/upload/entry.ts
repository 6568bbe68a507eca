import type { Hashes } from './hashes.ts';

/**
 * What an upload consists of. A path is relative to the revision, its parts separated by `/`; here and in everything of
 * this room it is a string of bytes, one character for each (latin1), since a name on disk need not be UTF-8.
 */
export interface FileEntry {
  /** Its place in its tree, from 0. */
  readonly number: number;
  readonly path: string;
  readonly executable: boolean;
  /** Bits of its mode that group and others are not to have, whatever they get on the target. */
  readonly closed: number;
  readonly size: number;
}

/** Only directories that would not come into being by what they hold, or that are closed. */
export interface DirectoryEntry {
  readonly path: string;
  /** As a file's. */
  readonly closed: number;
}

export interface LinkEntry {
  readonly path: string;
  /** What the link says, in bytes. */
  readonly text: string;
}

/** Everything of one upload, sorted by path. */
export interface Tree {
  /** Where a file is on the runner; ASCII paths as text, which is faster and right on every system. */
  readonly locate: (file: FileEntry) => string | Buffer;
  readonly files: readonly FileEntry[];
  readonly hashes: Hashes;
  readonly directories: readonly DirectoryEntry[];
  readonly links: readonly LinkEntry[];
}

export function toBytes(text: string | Buffer): string {
  if (typeof text === 'string') return /^[ -~]*$/.test(text) ? text : Buffer.from(text).toString('latin1');
  return text.toString('latin1');
}

/** A path for people: what is no UTF-8 shows as replacement characters, control characters as `?`. */
export function showPath(path: string): string {
  return Buffer.from(path, 'latin1')
    .toString()
    .replace(/\p{Cc}/gu, '?');
}
