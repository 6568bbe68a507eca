import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { atExit } from './at-exit.ts';

/** A child whose output is kept while it runs. It is killed if this process exits before it. */
export interface Watched {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Both streams, line by line in order of arrival. */
  readonly lines: readonly string[];
  /** Resolves once the child has ended and all its output is here; rejects if it could not be started. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Resolves as soon as a line matches; rejects, with what was printed, if the child ends without one. */
  readonly printed: (pattern: RegExp) => Promise<void>;
}

export function watch(child: ChildProcess): Watched {
  const texts = { stdout: '', stderr: '' };
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    if (stream === null) throw new Error(`The child has no pipe for its ${name}`);
    stream.setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      waiting.forEach((look) => look());
    });
  }
  const forget = atExit(() => child.kill('SIGKILL'));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      forget();
      resolve({ code, signal });
      waiting.forEach((look) => look());
    });
  });
  const printed = async (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (lines.some((line) => pattern.test(line))) resolve();
        else if (child.exitCode !== null || child.signalCode !== null) {
          void ended.then(() =>
            lines.some((line) => pattern.test(line))
              ? resolve()
              : reject(new Error(`Ended without printing ${String(pattern)}:\n${lines.join('\n')}`)),
          );
        } else return;
        waiting.delete(look);
        clearTimeout(deadline);
      };
      const deadline = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`Two minutes without printing ${String(pattern)}:\n${lines.join('\n')}`));
      }, 120_000);
      waiting.add(look);
      look();
    });
  return { stdout: () => texts.stdout, stderr: () => texts.stderr, lines, ended, printed };
}
