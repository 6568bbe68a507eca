import { createHash } from 'node:crypto';
import { Breather } from './breather.ts';
import { closingWords } from './closed.ts';
import { readParts, readWhole, sha256 } from './content.ts';
import type { Delta } from './delta.ts';
import type { FileEntry, Tree } from './entry.ts';
import { isOdd, kindOf, manifestLine, writePath } from './manifest.ts';
import { paddingAfter, tarEnd, TarHeaders, type TarMember } from './tar.ts';

/** Bytes of a piece of the stream. */
const pieceSize = 256 * 1024;

/** Files and bytes after which the target is told what it got, so that it can check that while more is under way. */
const groupFiles = 2_000;
const groupBytes = 32 * 1024 * 1024;

export interface StreamOptions {
  readonly tree: Tree;
  readonly delta: Pick<Delta, 'sent' | 'copied'>;
  /** Octal digits. */
  readonly umask: string;
  readonly tally: Tally;
  /** The hash of the whole manifest, once every file has its hash. */
  readonly manifest: () => Promise<string>;
}

/** What was read so far. */
export interface Tally {
  files: number;
  bytes: number;
}

/**
 * The tar stream for a target, in pieces: `copies` (what to copy under which path), `directories`
 * (those that are empty or closed, and how), `tree/…` (files, at last the links), after each group of files `lines/N` (their manifest), `names/N` (for xargs, without odd ones) and
 * `ready/N`, and `end` (the hash of the whole manifest). Hashes of files that have none yet are taken on the way. Throws UPLOAD where a file is not what it was.
 * A piece holds its bytes until the one after the next is asked for.
 */
export async function* tarStream({
  tree,
  delta,
  umask,
  tally,
  manifest,
}: StreamOptions): AsyncGenerator<Buffer, void, void> {
  const modes = modesUnder(umask);
  const pieces = new Pieces(tree);
  const headers = new TarHeaders();
  const breather = new Breather();
  const { sent, copied } = delta;
  if (copied.length > 0) {
    const lines = copied.map(({ line, file }) => `${line} ${kindOf(file)} ${writePath(file.path)}\n`);
    yield* pieces.add(textMember('copies', lines.join('')));
  }
  if (tree.directories.length > 0) {
    const lines = tree.directories.map(({ path, closed }) => `${closingWords(closed)} ${writePath(path)}\n`);
    yield* pieces.add(textMember('directories', lines.join('')));
  }
  for (const [number, group] of groupsOf(sent).entries()) {
    for (const file of group) {
      const mode = (file.executable ? modes.executable : modes.plain) & ~file.closed;
      const header = headers.of({ kind: 'file', path: `tree/${file.path}`, mode, size: file.size });
      if (pieces.holds(header.length + file.size)) {
        if (!pieces.fits(header.length + file.size)) yield* pieces.rest();
        pieces.addSmall(header, file);
      } else {
        yield* pieces.add(header);
        yield* pieces.addLarge(file, breather);
      }
      yield* pieces.add(paddingAfter(file.size));
      tally.files += 1;
      tally.bytes += file.size;
      if (breather.isDue) await breather.turn();
    }
    const lines = group.map((file) => `${manifestLine(tree.hashes, file)}\n`);
    yield* pieces.add(textMember(`lines/${number}`, lines.join('')));
    const names = group.flatMap(({ path }) => (isOdd(path) ? [] : [`./${path}\0`]));
    yield* pieces.add(textMember(`names/${number}`, names.join('')));
    yield* pieces.add(textMember(`ready/${number}`, ''));
  }
  for (const { path, text } of tree.links) {
    yield* pieces.add(headers.of({ kind: 'link', path: `tree/${path}`, mode: modes.executable, size: 0, text }));
  }
  yield* pieces.add(textMember('end', `${await manifest()}\n`));
  yield* pieces.add(tarEnd);
  yield* pieces.rest();
}

function groupsOf(files: readonly FileEntry[]): readonly (readonly FileEntry[])[] {
  const groups: FileEntry[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    if (bytes >= groupBytes || (groups.at(-1)?.length ?? 0) >= groupFiles) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(file);
    bytes += file.size;
  }
  return groups;
}

function textMember(path: string, text: string): Buffer {
  const content = Buffer.from(text, 'latin1');
  const member: TarMember = { kind: 'file', path, mode: 0o600, size: content.length };
  return Buffer.concat([new TarHeaders().of(member), content, paddingAfter(content.length)]);
}

/** What new files and directories get. */
function modesUnder(umask: string): { readonly plain: number; readonly executable: number } {
  const mask = parseInt(umask, 8);
  return { plain: 0o666 & ~mask, executable: 0o777 & ~mask };
}

/** Fills pieces of one size; what is full is yielded. Two buffers take turns: new ones would keep the collector busy. */
class Pieces {
  #piece = Buffer.allocUnsafeSlow(pieceSize);
  #other = Buffer.allocUnsafeSlow(pieceSize);
  #used = 0;
  readonly #tree: Tree;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  *add(bytes: Buffer): Generator<Buffer> {
    for (let start = 0; start < bytes.length;) {
      const count = bytes.copy(this.#piece, this.#used, start);
      start += count;
      this.#used += count;
      if (this.#used === pieceSize) yield this.#full();
    }
  }

  /** Whether that much, and one byte more for reading, has room in a piece at all. */
  holds(length: number): boolean {
    return length < pieceSize;
  }

  /** Whether it has room in what is left of this one. */
  fits(length: number): boolean {
    return length < pieceSize - this.#used;
  }

  /** For what fits: without a generator, since there may be hundreds of thousands of these. */
  addSmall(header: Buffer, file: FileEntry): void {
    header.copy(this.#piece, this.#used);
    const content = readWhole(this.#tree, file, this.#piece, this.#used + header.length);
    this.#used += header.length + content.length;
    const { hashes } = this.#tree;
    if (!hashes.has(file)) hashes.set(file, sha256(content));
  }

  async *addLarge(file: FileEntry, breather: Breather): AsyncGenerator<Buffer> {
    const { hashes } = this.#tree;
    const hash = hashes.has(file) ? undefined : createHash('sha256');
    for (const part of readParts(this.#tree, file, () => this.#piece.subarray(this.#used))) {
      hash?.update(part);
      this.#used += part.length;
      if (this.#used === pieceSize) yield this.#full();
      if (breather.isDue) await breather.turn();
    }
    if (hash !== undefined) hashes.set(file, hash.digest('hex'));
  }

  *rest(): Generator<Buffer> {
    if (this.#used > 0) yield this.#full();
  }

  #full(): Buffer {
    const piece = this.#piece.subarray(0, this.#used);
    [this.#piece, this.#other] = [this.#other, this.#piece];
    this.#used = 0;
    return piece;
  }
}
