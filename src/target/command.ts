import { deferred } from '../deferred.ts';
import { ShipperError } from '../errors.ts';
import { isChannelRefused } from '../ssh/session.ts';
import type { Channel, Connection } from '../ssh/connection-types.ts';
import { frame } from './frame.ts';
import { start } from './loader.ts';

/** Bytes kept of what a command printed on each stream; the log has all of it. */
const keptBytes = 256 * 1024;

/** Milliseconds that output may still arrive after the end of a command; a daemon it left may hold its streams open. */
const drainMilliseconds = 300;

export interface TargetCommand {
  readonly connection: Connection;
  readonly target: string;
  /** Absolute path on the target of the run's own directory. */
  readonly runDirectory: string;
  /** Unique in the run; made of digits. */
  readonly id: string;
  /** Absolute path on the target. */
  readonly cwd: string;
  readonly command: string;
  readonly umask: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values travel on stdin alone, in no command line. */
  readonly forwarded: Readonly<Record<string, string>>;
  readonly onOutput: (text: Buffer) => void;
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
  const { connection, environment, forwarded, onOutput } = options;
  const secret = Object.entries(forwarded).flat();
  const words = ['command', options.runDirectory, options.id, options.cwd, options.command, options.umask];
  const first = frame([...words, String(secret.length > 0), ...Object.entries(environment).flat()]);
  const { request, feed, feedFirst } = start(first, connection.identification);
  const channel = await open(connection, request, options.target);
  channel.stdin.on('error', () => undefined);
  if (feedFirst) channel.stdin.write(feed);
  channel.stdin.end(secret.length > 0 ? `${frame(secret)}\n` : '');
  const stdout = new Tail();
  const stderr = new Tail();
  for (const [stream, tail] of [[channel.stdout, stdout] as const, [channel.stderr, stderr] as const]) {
    stream.on('data', (data: Buffer) => {
      tail.add(data);
      onOutput(data);
    });
  }
  const { code, signal } = await channel.exit;
  await drained(channel);
  return { code, signal, stdout: stdout.text(), stderr: stderr.text() };
}

async function open(connection: Connection, request: string, target: string): Promise<Channel> {
  try {
    return await connection.exec(request);
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

async function drained(channel: Channel): Promise<void> {
  const patience = deferred();
  const timer = setTimeout(patience.resolve, drainMilliseconds);
  await Promise.race([channel.closed, patience.promise]);
  clearTimeout(timer);
}

/** The end of a stream, in bounded memory. */
class Tail {
  #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) > keptBytes) this.#bytes -= this.#chunks.shift()?.length ?? 0;
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-keptBytes).toString();
  }
}
