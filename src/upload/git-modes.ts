import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

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
    const { stdout } = await execute('git', ['ls-files', '-s', '-z'], {
      cwd: isFile ? dirname(root) : root,
      encoding: 'latin1',
      maxBuffer: 512 * 1024 * 1024,
    });
    return executablesIn(stdout);
  } catch {
    return new Set(); // No git, or no repository: then nothing is known to be executable.
  }
}

function executablesIn(index: string): ReadonlySet<string> {
  const entries = index.split('\0').filter((entry) => entry.startsWith('100755 '));
  return new Set(entries.map((entry) => entry.slice(entry.indexOf('\t') + 1)));
}
