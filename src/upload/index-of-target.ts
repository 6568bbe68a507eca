import { limits } from '../remote/limits.ts';

/** A file that the target has, as its index tells: a manifest with shortened hashes. */
export interface IndexedFile {
  /** Counts from 1. */
  readonly line: number;
  /** As a manifest has it. */
  readonly path: string;
  readonly content: string;
  readonly kind: string;
}

/** Digits of a hash that the index has; a chance hit is met by the hash of the whole manifest. */
export const digits = 12;

/** Takes what the target sends apart: its answer to the question, which is the first line, and the index itself. */
export function readAnswer(bytes: Buffer): { readonly answer: string; readonly list: Buffer } {
  const newline = bytes.indexOf(10);
  const end = newline === -1 ? bytes.length : newline;
  return { answer: end > limits.index.answer ? '' : bytes.toString('latin1', 0, end), list: bytes.subarray(end + 1) };
}

/** The files of an index; lines that make no sense are left out. */
export function* readIndex(bytes: Buffer): Generator<IndexedFile, void, void> {
  let line = 0;
  for (const text of linesOf(bytes)) {
    const space = text.indexOf(' ', digits + 3);
    line += 1;
    if (space === -1) continue;
    yield { line, path: text.slice(space + 1), content: text.slice(0, digits), kind: text.charAt(digits + 1) };
  }
}

/** Lines, one at a time, whoever wrote them; what is too long for one is empty. */
export function* linesOf(bytes: Buffer): Generator<string, void, void> {
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    yield end - start > limits.line ? '' : bytes.toString('latin1', start, end);
    start = end + 1;
  }
}
