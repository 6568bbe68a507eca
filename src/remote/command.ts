import { randomUUID } from 'node:crypto';
import { ShipperError } from '../errors.ts';
import { commandSh } from '../generated/command-sh.ts';
import { isChannelRefused } from '../ssh/session.ts';
import type { Channel, Connection } from '../ssh/connection-types.ts';
import { CommandOutput, type OnOutput } from './command-output.ts';
import { drained } from './drained.ts';
import { frame } from './frame.ts';
import { start, type Start } from './loader.ts';

export interface TargetCommand {
  readonly connection: Connection;
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
  /** Variables whose values travel on stdin alone, in no command line; as the command's text does. */
  readonly forwarded: Readonly<Record<string, string>>;
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

/** Runs a listener's command on a channel of its own, beside the one of the steps. */
export async function runCommand(options: TargetCommand): Promise<CommandResult> {
  const { connection, environment, forwarded, onOutput, onStart } = options;
  const secret = Object.entries(forwarded).flat();
  const mark = randomUUID();
  const words = [mark, options.runDirectory, options.id, options.cwd, options.umask];
  const first = frame([...words, ...Object.entries(environment).flat()]);
  const channel = await open(connection, start(commandSh, first, connection), options.target);
  channel.stdin.on('error', () => undefined);
  channel.stdin.end(`${frame([mark, options.command, ...secret])}\n`);
  const stdout = new CommandOutput(channel.stdout, mark, onOutput, onStart);
  const stderr = new CommandOutput(channel.stderr, mark, onOutput, () => undefined);
  const { code, signal } = await drained(channel, () => stdout.isBusy() || stderr.isBusy());
  return { code, signal, stdout: stdout.text(), stderr: stderr.text() };
}

async function open(connection: Connection, { request, input }: Start, target: string): Promise<Channel> {
  try {
    return await connection.exec(request, input);
  } catch (cause) {
    if (!isChannelRefused(cause)) throw cause;
    throw new ShipperError(
      'TARGET',
      `${target}: the server refused a second session on the connection, which a \`run\` needs: ` +
        'raise MaxSessions in its sshd_config to at least 2, or run the command with `"on": "runner"`',
      { target, cause },
    );
  }
}
