import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Problem } from '../errors.ts';
import { readTextFile } from './text-file.ts';

/**
 * What the input known-hosts means: the lines themselves, or the content of a file in the workspace. Every host key
 * in base64 begins with AAAA, so one line without it is a path, unless it is a fingerprint: that is for others to
 * refuse. What can't be read becomes one of the problems.
 */
export function knownHostsText(value: string, workspace: string, problems: Problem[]): string {
  if (value.includes('\n') || /\sAAAA|\b(?:SHA256|MD5):/.test(value)) return value;
  try {
    const root = realpathSync(workspace);
    const path = realpathSync(resolve(root, value));
    const inside = relative(root, path);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw new Error('it is outside the workspace');
    }
    return readTextFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({
      message: `input "known-hosts": is neither known_hosts lines (host, type, key) nor a file in the workspace: ${reason}`,
    });
    return value;
  }
}
