import * as crypto from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ShipperError } from '../errors.ts';
import { Breather } from './breather.ts';
import { type FileEntry, showPath } from './entry.ts';

const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
const window = 1024 * 1024;

/** In one call where Node has it (20.12 and later), which is twice as fast for small files. */
const { hash: hashOnce } = crypto as Partial<typeof crypto>;

/** SHA-256, hexadecimal. */
export function sha256(content: Buffer | string): string {
  if (hashOnce !== undefined) return hashOnce('sha256', content, 'hex');
  return crypto.createHash('sha256').update(content).digest('hex');
}

/** Opens a file for reading; the caller closes it. Throws UPLOAD if it is not what it was when the upload began. */
export function openFile(file: FileEntry): number {
  let descriptor: number;
  try {
    descriptor = openSync(file.source, constants.O_RDONLY | noFollow);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ShipperError('UPLOAD', `${showPath(file.path)} cannot be read: ${reason}`, { cause });
  }
  const stats = fstatSync(descriptor);
  if (stats.isFile() && stats.size === file.size) return descriptor;
  closeSync(descriptor);
  throw changed(file);
}

export function changed(file: FileEntry): ShipperError {
  return new ShipperError(
    'UPLOAD',
    `${showPath(file.path)} was changed while it was being uploaded: let it be finished first`,
  );
}

/** Knows the hashes of a tree's files, reading each at most once, and only as long as somebody waits for them. */
export class Hashing {
  readonly #files: readonly FileEntry[];
  readonly #signal: AbortSignal;
  readonly #buffer = Buffer.allocUnsafeSlow(window);
  readonly #done: Promise<void>;
  #waiting: number;

  /** @param waiting how many may wait; each is to call `all` or `release`. */
  constructor(files: readonly FileEntry[], waiting: number, signal: AbortSignal) {
    this.#files = files;
    this.#signal = signal;
    this.#waiting = waiting;
    this.#done = this.#run();
    this.#done.catch(() => undefined);
  }

  /** Resolves when every file has its hash. */
  async all(): Promise<void> {
    return this.#done;
  }

  /** For whoever does not need the hashes ahead: the last one to say so stops the reading. */
  release(): void {
    this.#waiting -= 1;
  }

  async #run(): Promise<void> {
    const breather = new Breather();
    for (const file of this.#files) {
      await breather.breathe();
      if (this.#signal.aborted || this.#waiting === 0) return;
      file.sha256 ??= file.size <= window ? this.#small(file) : await this.#large(file, breather);
    }
  }

  #small(file: FileEntry): string {
    const descriptor = openFile(file);
    try {
      if (readSync(descriptor, this.#buffer, 0, file.size, null) !== file.size) throw changed(file);
      return sha256(this.#buffer.subarray(0, file.size));
    } finally {
      closeSync(descriptor);
    }
  }

  async #large(file: FileEntry, breather: Breather): Promise<string | undefined> {
    const descriptor = openFile(file);
    try {
      const hash = crypto.createHash('sha256');
      for (let left = file.size; left > 0;) {
        const count = readSync(descriptor, this.#buffer, 0, Math.min(left, window), null);
        if (count === 0) throw changed(file);
        hash.update(this.#buffer.subarray(0, count));
        left -= count;
        await breather.breathe();
        if (this.#signal.aborted || this.#waiting === 0) return undefined;
      }
      return hash.digest('hex');
    } finally {
      closeSync(descriptor);
    }
  }
}
