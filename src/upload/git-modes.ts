import { dirname } from 'node:path';
import { git } from '../git.ts';

/**
 * Which files are executable where the file system cannot say: on Windows, those that git's index has as such. Paths
 * are bytes from `root`; for a file, from its directory. Undefined where the file system can say.
 */
export async function executables(
  root: string,
  isFile: boolean,
  platform: NodeJS.Platform = process.platform,
): Promise<ReadonlySet<string> | undefined> {
  if (platform !== 'win32') return undefined;
  try {
    const listed = await git(isFile ? dirname(root) : root, 'ls-files', '-s', '-z');
    return executablesIn(listed.toString('latin1'));
  } catch {
    return new Set(); // No git, or no repository: then nothing is known to be executable.
  }
}

function executablesIn(index: string): ReadonlySet<string> {
  const entries = index.split('\0').filter((entry) => entry.startsWith('100755 '));
  return new Set(entries.map((entry) => entry.slice(entry.indexOf('\t') + 1)));
}
