import { tmpdir } from 'node:os';
import { ActionsLog } from './actions-log.ts';
import { loadCore } from './core.ts';
import { help, version } from './help.ts';
import { type Given, readInputs } from './inputs.ts';
import type { FaceLog } from './face-log.ts';
import { type Outputs, openSummary, setOutput, writePlan } from './outputs.ts';
import { masksOf } from './secrets.ts';
import { SshConfig } from './ssh-config.ts';
import { TerminalLog } from './terminal-log.ts';
import { readCommandLine } from './terminal.ts';

/** Where a run meets whoever started it: a runner of GitHub Actions, or a person at a terminal. */
export interface Face {
  readonly form: 'action' | 'terminal';
  readonly log: FaceLog;
  /** What a person's ssh knows; undefined for the action. */
  readonly sshConfig: SshConfig | undefined;
  /** Reads and checks the inputs, or rejects with one INPUT error; undefined: all that was asked for has been printed. */
  readInputs(): Promise<Given | undefined>;
  /** Keeps these, and what follows from them, out of the log. */
  mask(secrets: readonly string[]): void;
  /** Sets what is known by now; may be called again with more. Nothing in a terminal. */
  setOutputs(outputs: Outputs): void;
  /** The same for an output that a listener names. */
  readonly setOutput: (name: string, value: string) => void;
  /**
   * Keeps the whole plan of a dry run as a file, whose path it gives and which is an output. In a terminal, only what
   * the log has cut is kept.
   */
  readonly keepPlan: (text: string, isCut: boolean) => string | undefined;
  /** Appends to the job summary. Nothing in a terminal. */
  readonly addSummary: (markdown: string) => void;
}

/**
 * A command line means a terminal, even in a workflow's `run:` step. Without one it is the action, if the runner or
 * an `INPUT_` variable says so.
 */
export function isTerminal(argv: readonly string[], env: NodeJS.ProcessEnv): boolean {
  if (argv.length > 0) return true;
  return env['GITHUB_ACTIONS'] !== 'true' && !Object.keys(env).some((name) => name.startsWith('INPUT_'));
}

/** Opens the face for `argv`, without the program's own path. Reading the inputs takes them out of `env`. */
export async function openFace(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Face> {
  return isTerminal(argv, env) ? terminalFace(argv, env) : actionFace(env);
}

const now = (): number => performance.now();

async function actionFace(env: NodeJS.ProcessEnv): Promise<Face> {
  const core = await loadCore();
  const log = new ActionsLog(core, now);
  const mask = (secrets: readonly string[]): void => masksOf(secrets).forEach((each) => core.setSecret(each));
  return {
    form: 'action',
    log,
    sshConfig: undefined,
    mask,
    readInputs: async () => Promise.resolve(readInputs(env, log, mask)),
    setOutputs: (outputs) => {
      for (const [name, value] of Object.entries(outputs)) setOutput(core, log, name, value);
    },
    setOutput: (name, value) => setOutput(core, log, name, value),
    keepPlan: (text) => {
      const path = writePlan(env['RUNNER_TEMP'] ?? tmpdir(), text, log);
      if (path !== undefined) setOutput(core, log, 'plan', path);
      return path;
    },
    addSummary: openSummary(env['GITHUB_STEP_SUMMARY'], log),
  };
}

function terminalFace(argv: readonly string[], env: NodeJS.ProcessEnv): Face {
  const log = new TerminalLog(now, { verbose: env['RUNNER_DEBUG'] === '1' });
  return {
    form: 'terminal',
    log,
    sshConfig: new SshConfig(env),
    readInputs: async () => {
      const line = await readCommandLine(argv, env);
      if (line.wants === 'run') return line.given;
      process.stdout.write(line.wants === 'help' ? help() : `${version}\n`);
      return undefined;
    },
    mask: () => undefined,
    setOutputs: () => undefined,
    setOutput: () => undefined,
    keepPlan: (text, isCut) => (isCut ? writePlan(tmpdir(), text, log) : undefined),
    addSummary: () => undefined,
  };
}
