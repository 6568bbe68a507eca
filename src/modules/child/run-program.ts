import { resolve } from 'node:path';
import type { ExecOptions, ExecResult } from '../../../shipper.d.ts';
import { lastLines } from '../../last-lines.ts';
import { needOptions, needText } from './requests.ts';

/**
 * Runs a program by @actions/exec, in the modules' own process: it belongs to its group, and goes down with it.
 * Rejects on any exit status but 0, unless `allowFailure`.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ExecOptions,
  workspace: string,
): Promise<ExecResult> {
  needOptions('shipper.exec()', options, { cwd: 'string', env: 'object', allowFailure: 'boolean', silent: 'boolean' });
  needText(program, 'the program of shipper.exec()');
  const show = options.silent === true ? () => undefined : (data: Buffer | string) => void process.stdout.write(data);
  show(`[command]${[program, ...args].join(' ')}\n`);
  const { getExecOutput } = await import('@actions/exec');
  const { exitCode, stdout, stderr } = await getExecOutput(...withEmptyStdin(program, args), {
    cwd: resolve(workspace, options.cwd ?? '.'),
    env: variables(options.env),
    ignoreReturnCode: true,
    silent: true, // It would show the wrapper.
    listeners: { stdout: show, stderr: show },
  });
  // @actions/exec gives null for a program that a signal ended, whatever its types say.
  if (!Number.isInteger(exitCode)) throw new Error(`${program} was ended by a signal`);
  if (exitCode !== 0 && options.allowFailure !== true) throw new Error(failed(program, args, exitCode, stdout, stderr));
  return { code: exitCode, stdout, stderr };
}

/**
 * @actions/exec leaves stdin open, so that a program that reads it waits for ever. Its `input` is no way out: a program
 * that ends without reading it makes an EPIPE that nothing can catch. On Windows there is no such wrapper: stdin stays.
 */
function withEmptyStdin(program: string, args: readonly string[]): [string, string[]] {
  return process.platform === 'win32'
    ? [`"${program.replaceAll('"', '\\"')}"`, [...args]] // It splits its first argument at spaces, outside of quotes.
    : ['sh', ['-c', 'exec "$0" "$@" </dev/null', program, ...args]];
}

function variables(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const own = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(own), ...extra };
}

function failed(program: string, args: readonly string[], code: number, stdout: string, stderr: string): string {
  return `${[program, ...args].join(' ')} ended with exit status ${code}${lastLines(stdout, stderr)}`;
}
