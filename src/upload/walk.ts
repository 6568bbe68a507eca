import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { ShipperError } from '../errors.ts';
import { Breather } from './breather.ts';
import { closedBits } from './closed.ts';
import type { DirectoryEntry, FileEntry, LinkEntry, Tree } from './entry.ts';
import { showPath, toBytes } from './entry.ts';
import { executables } from './git-modes.ts';
import { Hashes } from './hashes.ts';
import { Ignored } from './ignored.ts';
import { refuseEscapes } from './links.ts';
import { nameOf, type Source } from './source.ts';

const separator = Buffer.from('/');
const rulesName = '.shipignore';

/** Reads what there is to upload, without its content. Rejects with UPLOAD for what cannot be uploaded. */
export async function walk(source: Source, exclude: readonly string[], signal: AbortSignal): Promise<Tree> {
  const walker = new Walker(source, await executables(source.root, source.isFile), signal);
  const { files, directories, links } = await walker.walk(exclude);
  refuseEscapes(source.prefix, links);
  const { root, isFile, prefix } = source;
  return {
    locate: ({ path }) => (isFile ? root : located(root, path.slice(prefix.length))),
    files,
    hashes: new Hashes(files.length),
    directories,
    links,
  };
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
  /** The mode by which it is judged what is closed; Windows has none. */
  readonly #openness: number;
  readonly #breather: Breather;

  constructor(source: Source, fromGit: ReadonlySet<string> | undefined, signal: AbortSignal) {
    this.#source = source;
    this.#executables = fromGit;
    this.#openness =
      process.platform === 'win32' ? 0 : lstatSync(source.isFile ? dirname(source.root) : source.root).mode;
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
    const names = namesIn(source);
    const hasRules = path !== '' && names.some(({ bytes }) => bytes === rulesName);
    const ignored = hasRules ? this.#withRules(fromAbove, inWorkspace, below(source, rulesName)) : fromAbove;
    for (const { entry, bytes } of names) {
      if (this.#breather.isDue) await this.#breather.turn();
      if (bytes === '.git' || bytes === rulesName) continue;
      const here = `${path}${bytes}`;
      const isDirectory = entry.isDirectory();
      const place =
        ignored.isEmpty && !isDirectory ? '' : `${inWorkspace === '' ? '' : `${inWorkspace}/`}${entry.name.toString()}`;
      if (ignored.has(isDirectory ? `${place}/` : place)) continue;
      const full = below(source, entry.name);
      if (isDirectory) {
        await this.#directory({ source: full, path: `${here}/`, inWorkspace: place, ignored });
      } else if (entry.isFile()) {
        this.#file(here, lstatSync(full));
      } else if (entry.isSymbolicLink()) {
        const text = toBytes(readlinkSync(full, 'buffer'));
        const posix = process.platform === 'win32' ? text.replaceAll('\\', '/') : text;
        this.links.push({ path: `${prefix}${here}`, text: posix });
      } else {
        throw new ShipperError('UPLOAD', `${showPath(here)} is a socket, a device or a pipe, which no upload can hold`);
      }
    }
    const isEmpty = this.files.length + this.links.length + this.directories.length === before;
    const closed = path === '' ? 0 : closedBits(lstatSync(source).mode, this.#openness, true);
    if ((isEmpty || closed !== 0) && `${prefix}${path}` !== '') {
      this.directories.push({ path: `${prefix}${path}`.slice(0, -1), closed });
    }
  }

  #file(inUpload: string, stats: Stats): void {
    if (!stats.isFile()) throw new ShipperError('UPLOAD', `${showPath(inUpload)} changed while it was being read`);
    const executable = this.#executables?.has(inUpload) ?? (stats.mode & 0o100) !== 0;
    const path = `${this.#source.prefix}${inUpload}`;
    const closed = closedBits(stats.mode, this.#openness, executable);
    this.files.push({ number: this.files.length, path, executable, closed, size: stats.size });
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

interface Name {
  readonly entry: Dirent | Dirent<Buffer>;
  readonly bytes: string;
}

/** What is in a directory, so that whole paths come in the order of their bytes. */
function namesIn(directory: string | Buffer): readonly Name[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  const isExact = !entries.some(({ name }) => name.includes('\ufffd')); // What is no UTF-8 is read as bytes.
  const exact = isExact ? entries : readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
  const names = exact.map((entry) => ({ entry, bytes: toBytes(entry.name) }));
  return names.sort((one, other) => (inPath(one) < inPath(other) ? -1 : 1));
}

function inPath({ entry, bytes }: Name): string {
  return entry.isDirectory() ? `${bytes}/` : bytes;
}

function located(root: string, path: string): string | Buffer {
  return /^[ -~]*$/.test(path)
    ? `${root}/${path}`
    : Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}

function below(directory: string | Buffer, name: string | Buffer): string | Buffer {
  if (typeof directory === 'string' && typeof name === 'string') return `${directory}/${name}`;
  return Buffer.concat([Buffer.from(directory), separator, Buffer.from(name)]);
}
