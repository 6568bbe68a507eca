import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createJob, type Values } from './job.ts';
import { readRunnerLog, type RunnerLog } from './runner-log.ts';
import type { RunReport } from './run-report.ts';
import { watch, type Watched } from './watched.ts';

export interface ActionOptions {
  /** By their names in action.yml; what is left out gets its default there. */
  readonly inputs?: Values;
  /** More variables of the job, such as `SHIP_…`; undefined takes one away. */
  readonly env?: Values;
  /** The workspace. */
  readonly cwd: string;
  /** Default: the Node that runs the tests. */
  readonly node?: string;
  /** Default: `dist/index.js` of this repository. */
  readonly entry?: string;
}

export interface ActionRun extends Pick<RunnerLog, 'annotations' | 'masks'> {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, line by line in order of arrival: the runner's raw log. */
  readonly lines: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  /** The output `result`, parsed; undefined where the action has not set it. */
  readonly result: RunReport | undefined;
  /** What was written for the job summary. */
  readonly summary: string;
  /** From start to exit. */
  readonly milliseconds: number;
}

export interface StartedAction {
  /** To be signalled. */
  readonly child: ChildProcess;
  /** Resolves as soon as a line that matches has been printed; rejects, with the log, if the action ends without one. */
  printed(pattern: RegExp): Promise<void>;
  readonly done: Promise<ActionRun>;
}

/** Starts the bundle as the runner does and waits for its end. Whether it succeeded is for the test to say. */
export async function runAction(options: ActionOptions): Promise<ActionRun> {
  return (await startAction(options)).done;
}

/** The same, handing over the action while it runs. */
export async function startAction({ inputs = {}, env, cwd, node, entry }: ActionOptions): Promise<StartedAction> {
  const job = await createJob(cwd, inputs);
  const file = entry ?? join(import.meta.dirname, '..', '..', 'dist', 'index.js');
  const started = performance.now();
  const child = spawn(node ?? process.execPath, [file], {
    cwd,
    env: { ...job.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watched = watch(child);
  const done = (async (): Promise<ActionRun> => {
    await using held = job;
    const { code, signal } = await watched.ended;
    return { code, signal, milliseconds: performance.now() - started, ...(await left(watched, held)) };
  })();
  return { child, done, printed: watched.printed };
}

type Left = Omit<ActionRun, 'code' | 'signal' | 'milliseconds'>;

async function left(
  watched: Watched,
  job: Pick<Awaited<ReturnType<typeof createJob>>, 'outputs' | 'summary'>,
): Promise<Left> {
  const { annotations, masks } = readRunnerLog(watched.lines);
  const outputs = await job.outputs();
  return {
    ...{ annotations, masks, outputs },
    stdout: watched.stdout(),
    stderr: watched.stderr(),
    lines: watched.lines,
    result: outputs['result'] === undefined ? undefined : (JSON.parse(outputs['result']) as RunReport),
    summary: await job.summary(),
  };
}
