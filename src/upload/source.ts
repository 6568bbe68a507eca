import { lstat, realpath } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { workspacePath } from '../config/paths.ts';
import { ShipperError } from '../errors.ts';
import { toBytes } from './entry.ts';

/** What an upload is to take, and where it is to go. */
export interface Source {
  /** Absolute, free of symlinks. */
  readonly workspace: string;
  /** Absolute, free of symlinks. */
  readonly root: string;
  /** From the workspace, with `/`; empty for the workspace itself. */
  readonly inWorkspace: string;
  readonly isFile: boolean;
  /** Bytes; what stands before each path in the revision: empty, or ending with `/`. */
  readonly prefix: string;
}

/** Finds what `from` names in the workspace. Rejects with UPLOAD where it is missing, or where a path leaves its place. */
export async function findSource(workspace: string, from: string, to: string): Promise<Source> {
  const inside = clean(from, 'from', 'the workspace');
  const destination = clean(to, '"to"', 'the revision');
  const base = await realpath(workspace);
  const path = join(base, inside);
  let root: string;
  try {
    root = await realpath(path);
  } catch (cause) {
    const message = `there is no ${inside} in the workspace: is it built before it is uploaded?`;
    throw new ShipperError('UPLOAD', message, { cause });
  }
  if (root !== base && !root.startsWith(base + sep)) {
    throw new ShipperError('UPLOAD', `${inside} leads out of the workspace, to ${root}`);
  }
  const stats = await lstat(root);
  if (!stats.isFile() && !stats.isDirectory()) {
    throw new ShipperError('UPLOAD', `${inside} is neither a file nor a directory`);
  }
  const inWorkspace = relative(base, root).split(sep).join('/');
  if (inWorkspace.split('/').includes('.git')) throw new ShipperError('UPLOAD', `${inside}: .git is never uploaded`);
  return {
    workspace: base,
    root,
    inWorkspace,
    isFile: stats.isFile(),
    prefix: destination === '.' ? '' : `${toBytes(destination)}/`,
  };
}

/** The name that a single file gets in the revision, in bytes. */
export function nameOf(from: string): string {
  return toBytes(basename(from.replaceAll('\\', '/')));
}

function clean(path: string, subject: string, place: string): string {
  const cleaned = workspacePath(path, `${subject} of an upload`, place, (message) => {
    throw new ShipperError('UPLOAD', `${message}: ${path}`);
  });
  return cleaned ?? '.';
}
