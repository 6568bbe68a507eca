import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { definitionOf, inputNames } from '../../src/action/input-table.ts';

/** What the runner sets, whatever a step gives: the inputs that have a default. */
export const defaultVariables: Readonly<Record<string, string>> = Object.fromEntries(
  inputNames.flatMap((name) => {
    const { default: value } = definitionOf(name);
    return value === undefined ? [] : [[`INPUT_${name.toUpperCase()}`, value]];
  }),
);

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Start {
  readonly args?: readonly string[];
  /** The whole environment, beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its stdin, which then stays open: a program must not wait for its end. */
  readonly stdin?: string;
}

export const fixturePath = (name: string): string => fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url));
export const quiet = '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON';

/** Runs a program of fixtures/ to its end. */
export async function start(name: string, { args = [], env = {}, stdin }: Start = {}): Promise<Ended> {
  const child = spawn(process.execPath, [quiet, fixturePath(name), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'pipe',
  });
  if (stdin === undefined) child.stdin.end();
  else child.stdin.write(stdin);
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
