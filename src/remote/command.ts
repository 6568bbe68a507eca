import { randomUUID } from 'node:crypto';
import { commandSh } from '../generated/command-sh.ts';
import { CommandOutput, type OnOutput } from './command-output.ts';
import { frame } from './frame.ts';
import type { Access } from './opening.ts';
import { Script } from './script.ts';

export interface TargetCommand {
  readonly access: Access;
  /** Name of the target, for errors. */
  readonly target: string;
  /** Absolute path on the target of the run's own directory. */
  readonly runDirectory: string;
  /** Unique in the run; made of digits. */
  readonly id: string;
  /** Absolute path on the target; empty for the home directory. */
  readonly cwd: string;
  readonly command: string;
  readonly umask: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values travel on stdin alone, in no command line. */
  readonly forwarded: Readonly<Record<string, string>>;
  /** Gives up a start that the target does not answer; a command that runs is not touched. */
  readonly signal?: AbortSignal | undefined;
  /** Told the leader of the command's process group once it runs. */
  readonly onStart: (leader: string) => void;
  /** Told of everything it prints; what it returns is waited for before more is read. */
  readonly onOutput: OnOutput;
}

export interface CommandResult {
  /** Exit status; undefined when a signal ended the command or the connection was lost. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The last 256 KiB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a listener's command on a channel of its own, beside the one of the steps. Rejects with TARGET or CONNECT where
 * it could not be started; how it ended is for the caller to judge.
 */
export async function runCommand(options: TargetCommand): Promise<CommandResult> {
  const { access, environment, forwarded, onOutput, onStart, signal, target } = options;
  const secret = Object.entries(forwarded).flat();
  const mark = randomUUID();
  const facts = [mark, options.runDirectory, options.id, options.cwd, options.umask];
  const words = [...facts, ...Object.entries(environment).flat()];
  const script = await Script.start({ access, target, script: commandSh, words, greeting: mark, signal });
  script.stdin.end(`${frame([mark, options.command, ...secret])}\n`);
  const stdout = new CommandOutput(onOutput);
  const stderr = new CommandOutput(onOutput, mark);
  stderr.read(script.channel.stderr);
  const leader = await script.greeted();
  if (leader !== undefined) onStart(leader);
  stdout.read(script.channel.stdout, script.stdout.release());
  const end = await script.drained(() => stdout.isBusy() || stderr.isBusy());
  return { ...end, stdout: stdout.text(), stderr: stderr.text() };
}
