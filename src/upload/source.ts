import { lstat, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { workspacePath } from '../config/paths.ts';
import { ShipperError } from '../errors.ts';
import { findInWorkspace } from '../workspace.ts';
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
  const found = findInWorkspace(base, inside);
  if ('problem' in found) {
    const { missing = false, problem, cause } = found;
    const message = missing
      ? `there is no ${inside} in the workspace: is it built before it is uploaded?`
      : `${inside} ${problem}`;
    throw new ShipperError('UPLOAD', message, { cause });
  }
  const { path: root, name: inWorkspace } = found;
  const stats = await lstat(root);
  if (!stats.isFile() && !stats.isDirectory()) {
    throw new ShipperError('UPLOAD', `${inside} is neither a file nor a directory`);
  }
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
