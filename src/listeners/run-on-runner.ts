import { spawn } from 'node:child_process';
import type { RunListener } from '../config/config.ts';
import { ShipperError } from '../errors.ts';
import { lastLines } from '../last-lines.ts';
import type { Log } from '../log.ts';
import { withoutInputs } from '../modules/runner/host-process.ts';
import { nameListener } from '../config/name-listener.ts';
import { endGroup, leadsGroup } from '../modules/process-group.ts';

export interface RunnerCommand {
  readonly listener: RunListener;
  readonly workspace: string;
  /** The runner's variables; inputs (`INPUT_*`) are left out here. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** `SHIPPER_COMMAND` and the like, on top of them. */
  readonly variables: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** How the command ended, where that is no failure. */
export interface RunnerResult {
  /** Exit status; undefined when a signal or the timeout ended it. */
  readonly code: number | undefined;
  /** The last 64 k characters of what it wrote, stdout and stderr as they came. */
  readonly output: string;
}

interface Ending extends RunnerResult {
  /** The end of what it wrote to stdout, and to stderr. */
  readonly ends: readonly string[];
  readonly signal: string | undefined;
  readonly stopped: 'timeout' | 'cancelled' | undefined;
}

const kept = 64 * 1024;
const keptOfEach = 4 * 1024;
/** Milliseconds between asking a command to end and killing it. */
const grace = 2_000;
/** Milliseconds in which the output of a command that has ended is still read; a daemon of its may hold it open. */
const drain = 500;

/**
 * Runs a listener's command on the runner: in the workspace, by `sh -c` as on the targets (on Windows the `sh` of Git,
 * which the runners have in their PATH), with an empty stdin. Rejects with LISTENER unless it ends with exit status 0
 * or may fail, and with CANCELLED. By node:child_process, since @actions/exec can neither stop a program nor tell its
 * process id, and a timeout has to end the whole group.
 */
export async function runOnRunner(command: RunnerCommand): Promise<RunnerResult> {
  const { listener, log, signal } = command;
  const name = nameListener(listener);
  if (signal?.aborted === true) throw new ShipperError('CANCELLED', `${name} did not run: the run was cancelled.`);
  const ending = await ended(command);
  if (ending.stopped === 'cancelled') {
    throw new ShipperError('CANCELLED', `${name} was stopped: the run was cancelled.`);
  }
  const failure = whyFailed(ending, command);
  if (failure !== undefined && !listener.allowFailure) {
    const what = `${name} failed on the runner: ${failure}${lastLines(...ending.ends)}`;
    throw new ShipperError('LISTENER', what, { step: listener.event, at: listener.at });
  }
  if (failure !== undefined) log.warning(`${name} failed on the runner, which it may: ${failure}`);
  return { code: ending.code, output: ending.output };
}

async function ended({ listener, workspace, env, variables, log, signal }: RunnerCommand): Promise<Ending> {
  const child = spawn('sh', ['-e', '-c', listener.run], {
    cwd: workspace,
    env: { ...withoutInputs(env), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: leadsGroup,
    windowsHide: true,
  });
  let output = '';
  const ends = ['', ''];
  for (const [index, stream] of [child.stdout, child.stderr].entries()) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-kept);
      ends[index] = ((ends[index] ?? '') + text).slice(-keptOfEach);
      const room = log.output(text);
      if (room === undefined) return;
      stream.pause();
      void room.then(() => stream.resume());
    });
  }

  let stopped: Ending['stopped'];
  let groupEnded: Promise<void> | undefined;
  const stop = (reason: 'timeout' | 'cancelled'): void => {
    stopped ??= reason;
    if (child.pid !== undefined) groupEnded ??= endGroup(child.pid, grace);
  };
  const cancel = (): void => stop('cancelled');
  const { timeout } = listener;
  const timer = timeout === undefined ? undefined : setTimeout(() => stop('timeout'), timeout * 1_000);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const { code, signal: by } = await new Promise<{ code: number | null; signal: string | null }>(
      (resolve, reject) => {
        child.once('error', (error) => reject(notStarted(listener, error)));
        child.once('close', (status, name) => resolve({ code: status, signal: name }));
        child.once('exit', (status, name) => setTimeout(resolve, drain, { code: status, signal: name }).unref());
      },
    );
    await groupEnded;
    return { code: code ?? undefined, signal: by ?? undefined, output, ends, stopped };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function whyFailed({ code, signal, stopped }: Ending, { listener, env, variables }: RunnerCommand): string | undefined {
  if (stopped === 'timeout') return `it was stopped after its timeout of ${listener.timeout ?? 0} s`;
  if (signal !== undefined) return `it was ended by ${signal}`;
  const path = variables['PATH'] ?? env['PATH'] ?? '';
  if (code === 127) return `exit status 127, a command was not found; PATH was ${path}`;
  return code === 0 ? undefined : `exit status ${code ?? 'unknown'}`;
}

function notStarted(listener: RunListener, error: Error): ShipperError {
  const windows = process.platform === 'win32' ? ' It needs the "sh" of Git for Windows in the PATH.' : '';
  const what = `${nameListener(listener)} could not be started on the runner: ${error.message}.${windows}`;
  return new ShipperError('LISTENER', what, { step: listener.event, at: listener.at, cause: error });
}
