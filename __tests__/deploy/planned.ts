import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../src/upload/content.ts';

/** A file, as far as an upload may change it. */
export interface FileOnDisk {
  readonly content: string;
  readonly executable: boolean;
  readonly bytes: number;
}

/** All below a directory, with what tells whether it was touched. */
export function snapshot(directory: string): string {
  return execFileSync('find', [directory, '-printf', '%p %y %m %s %T@ %l\\0']).toString('latin1');
}

/** The regular files below a directory, none through a symlink, by path in bytes. */
export function filesBelow(directory: string): ReadonlyMap<string, FileOnDisk> {
  const found = new Map<string, FileOnDisk>();
  if (!existsSync(directory)) return found;
  for (const path of execFileSync('find', [directory, '-type', 'f', '-printf', '%P\\0'])
    .toString('latin1')
    .split('\0')) {
    if (path === '') continue;
    const full = Buffer.from(`${directory}/${path}`, 'latin1');
    const { mode, size } = lstatSync(full);
    found.set(path, { content: sha256(readFileSync(full)), executable: (mode & 0o100) !== 0, bytes: size });
  }
  return found;
}

export interface Difference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What differs between the files of two revisions. */
export function differenceOf(old: ReadonlyMap<string, FileOnDisk>, now: ReadonlyMap<string, FileOnDisk>): Difference {
  const differs = (one: FileOnDisk | undefined, other: FileOnDisk): boolean =>
    one !== undefined && (one.content !== other.content || one.executable !== other.executable);
  return {
    added: [...now.keys()].filter((path) => !old.has(path)).sort(),
    changed: [...now].flatMap(([path, file]) => (differs(old.get(path), file) ? [path] : [])).sort(),
    removed: [...old.keys()].filter((path) => !now.has(path)).sort(),
  };
}

/** What stands at a path: `link TEXT`, `directory`, `file`, or nothing. */
export function standingAt(root: string, path: string): string | undefined {
  const stats = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return `link ${readlinkSync(join(root, path))}`;
  return stats.isDirectory() ? 'directory' : 'file';
}
