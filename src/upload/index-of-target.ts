/** A file that the target has, as its index tells: a manifest with shortened hashes. */
export interface IndexedFile {
  /** Counts from 1. */
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

const pattern = /^([0-9a-f]{16}) ([fx]) \d+ (.+)$/;

/** The files of an index; lines that make no sense are left out. */
export function* readIndex(bytes: Buffer): Generator<IndexedFile, void, void> {
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    const [, content, kind, path] = pattern.exec(bytes.toString('latin1', start, end)) ?? [];
    start = end + 1;
    line += 1;
    if (content !== undefined && kind !== undefined && path !== undefined) yield { line, path, content, kind };
  }
}
