import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program; where it is missing, an error says how to install it. The rig never skips. */
export async function findProgram(name: string, aptPackage: string): Promise<string> {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...systemDirectories];
  for (const directory of directories.filter((entry) => entry !== '')) {
    const path = join(directory, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new Error(`The test rig needs "${name}". Install it: apt-get install ${aptPackage}`);
}

/** Runs a program to its end and returns what it wrote to stdout; rejects, stderr in the message, on any other exit than 0. */
export async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const { stdout } = await execute(program, args, {
    maxBuffer: 64 * 1024 * 1024,
    ...(cwd === undefined ? {} : { cwd }),
  });
  return stdout;
}
