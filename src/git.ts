import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Milliseconds after which git is given up: it only reads what is here. */
const patience = 60_000;

/** What git prints in a directory of the runner, as it stands. Rejects with an error that has its `stderr`. */
export async function git(cwd: string, ...args: readonly string[]): Promise<Buffer> {
  const { stdout } = await execute('git', args, {
    ...{ cwd, encoding: 'buffer', timeout: patience, windowsHide: true },
    maxBuffer: 512 * 1024 * 1024,
  });
  return stdout;
}

/** Why git refused, as the first line that it printed. */
export function whyRefused(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return 'git is not installed on the runner';
  const [said = ''] = 'stderr' in error ? String(error.stderr).split('\n', 1) : [];
  return said === '' ? error.message : said.replace(/^fatal: /, '');
}
