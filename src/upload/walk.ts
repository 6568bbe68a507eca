import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { ShipperError } from '../errors.ts';
import { Breather } from './breather.ts';
import type { DirectoryEntry, FileEntry, LinkEntry, Tree } from './entry.ts';
import { showPath, toBytes } from './entry.ts';
import { executables } from './git-modes.ts';
import { Ignored } from './ignored.ts';
import { refuseEscapes } from './links.ts';
import { nameOf, type Source } from './source.ts';

const separator = Buffer.from('/');
const rulesName = Buffer.from('.shipignore');

/** Reads what there is to upload, without its content. Rejects with UPLOAD for what cannot be uploaded. */
export async function walk(source: Source, exclude: readonly string[], signal: AbortSignal): Promise<Tree> {
  const walker = new Walker(source, await executables(source.root, source.isFile), signal);
  const { files, directories, links } = await walker.walk(exclude);
  refuseEscapes(source.prefix, links);
  const { root, isFile, prefix } = source;
  return {
    locate: ({ path }) => (isFile ? root : located(root, path.slice(prefix.length))),
    files: files.sort(byPath),
    directories: directories.sort(byPath),
    links: links.sort(byPath),
  };
}

function byPath(one: { readonly path: string }, other: { readonly path: string }): number {
  return one.path < other.path ? -1 : 1;
}

interface Place {
  /** As the file system has it, for reading. */
  readonly source: string | Buffer;
  /** Bytes from the uploaded directory: empty, or ending with `/`. */
  readonly path: string;
  /** From the workspace, for people and rules. */
  readonly inWorkspace: string;
  readonly ignored: Ignored;
}

class Walker {
  readonly files: FileEntry[] = [];
  readonly directories: DirectoryEntry[] = [];
  readonly links: LinkEntry[] = [];
  readonly #source: Source;
  readonly #executables: ReadonlySet<string> | undefined;
  readonly #breather: Breather;

  constructor(source: Source, fromGit: ReadonlySet<string> | undefined, signal: AbortSignal) {
    this.#source = source;
    this.#executables = fromGit;
    this.#breather = new Breather(signal);
  }

  async walk(exclude: readonly string[]): Promise<this> {
    const { root, inWorkspace, isFile } = this.#source;
    const parts = inWorkspace === '' ? [] : inWorkspace.split('/');
    const above = isFile ? parts.slice(0, -1) : parts;
    let ignored = Ignored.excluding(above.join('/'), exclude);
    for (let depth = 0; depth <= above.length; depth += 1) {
      const directory = above.slice(0, depth);
      ignored = this.#withRules(
        ignored,
        directory.join('/'),
        join(this.#source.workspace, ...directory, '.shipignore'),
      );
    }
    if (inWorkspace !== '' && ignored.has(isFile ? inWorkspace : `${inWorkspace}/`)) {
      throw new ShipperError('UPLOAD', `${inWorkspace} is to be uploaded, but .shipignore or "exclude" leaves it out`);
    }
    if (isFile) {
      this.#file(nameOf(root), lstatSync(root));
      return this;
    }
    await this.#directory({ source: root, path: '', inWorkspace, ignored });
    return this;
  }

  async #directory({ source, path, inWorkspace, ignored: fromAbove }: Place): Promise<void> {
    const { prefix } = this.#source;
    const before = this.files.length + this.links.length + this.directories.length;
    const entries = readdirSync(source, { withFileTypes: true, encoding: 'buffer' });
    const hasRules = path !== '' && entries.some(({ name }) => rulesName.equals(name));
    const ignored = hasRules ? this.#withRules(fromAbove, inWorkspace, below(source, rulesName)) : fromAbove;
    for (const entry of entries) {
      if (this.#breather.isDue) await this.#breather.turn();
      const name = entry.name.toString('latin1');
      if (name === '.git' || name === '.shipignore') continue;
      const here = `${path}${name}`;
      const place = `${inWorkspace === '' ? '' : `${inWorkspace}/`}${entry.name.toString()}`;
      if (ignored.has(entry.isDirectory() ? `${place}/` : place)) continue;
      const full = below(source, entry.name);
      if (entry.isDirectory()) {
        await this.#directory({ source: full, path: `${here}/`, inWorkspace: place, ignored });
      } else if (entry.isFile()) {
        this.#file(here, lstatSync(full));
      } else if (entry.isSymbolicLink()) {
        const text = toBytes(readlinkSync(full, 'buffer'));
        const posix = process.platform === 'win32' ? text.replaceAll('\\', '/') : text;
        this.links.push({ kind: 'link', path: `${prefix}${here}`, text: posix });
      } else {
        throw new ShipperError('UPLOAD', `${showPath(here)} is a socket, a device or a pipe, which no upload can hold`);
      }
    }
    const isEmpty = this.files.length + this.links.length + this.directories.length === before;
    if (isEmpty && `${prefix}${path}` !== '') {
      this.directories.push({ kind: 'directory', path: `${prefix}${path}`.slice(0, -1) });
    }
  }

  #file(inUpload: string, stats: Stats): void {
    if (!stats.isFile()) throw new ShipperError('UPLOAD', `${showPath(inUpload)} changed while it was being read`);
    const executable = this.#executables?.has(inUpload) ?? (stats.mode & 0o100) !== 0;
    const path = `${this.#source.prefix}${inUpload}`;
    this.files.push({ kind: 'file', path, executable, size: stats.size, sha256: undefined });
  }

  #withRules(ignored: Ignored, inWorkspace: string, file: string | Buffer): Ignored {
    try {
      return ignored.with(inWorkspace, readFileSync(file, 'utf8'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ignored;
      throw error;
    }
  }
}

function located(root: string, path: string): string | Buffer {
  return /^[ -~]*$/.test(path)
    ? `${root}/${path}`
    : Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}

/** A name that is ASCII stays text: that is faster, and right on every system. */
function below(directory: string | Buffer, name: Buffer): string | Buffer {
  const text = name.toString('latin1');
  if (typeof directory === 'string' && /^[ -~]*$/.test(text)) return `${directory}/${text}`;
  const start = typeof directory === 'string' ? Buffer.from(directory) : directory;
  return Buffer.concat([start, separator, name]);
}
