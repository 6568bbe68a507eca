import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Something in the workspace; or why it is not, as the end of a sentence that begins with its name. */
export type InWorkspace =
  | { readonly path: string; readonly name: string }
  | { readonly problem: string; readonly missing?: boolean; readonly cause?: unknown };

/**
 * Finds what a path, from the workspace or absolute, leads to: its absolute path, free of symlinks, and its name from
 * the workspace with `/`. Nothing outside is ever named by it, neither by `..` nor through a symlink.
 */
export function findInWorkspace(workspace: string, path: string): InWorkspace {
  const wanted = resolve(workspace, path);
  if (nameInWorkspace(workspace, wanted) === undefined)
    return { problem: 'is outside the workspace: give a path below it' };
  try {
    const root = realpathSync(workspace);
    const real = realpathSync(wanted);
    const name = nameInWorkspace(root, real);
    return name === undefined
      ? { problem: `is a symlink to ${real}, outside the workspace: put what it leads to into the workspace` }
      : { path: real, name };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    return { problem: missing ? 'does not exist' : `cannot be read (${code})`, missing, cause };
  }
}

/** The name of an absolute path from a directory, with `/`, empty for the directory itself; undefined outside of it. */
export function nameInWorkspace(directory: string, path: string): string | undefined {
  const way = relative(directory, path);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return undefined;
  return way.split(sep).join('/');
}
