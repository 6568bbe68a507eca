import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Address } from '../config/config.ts';
import { ShipperError } from '../errors.ts';
import { NetworkFault, text } from './failure.ts';

/** Milliseconds that a command has to end by itself once nothing is to be said through it any more. */
const patience = 500;
/** Bytes of its stderr that are told, the last ones. */
const told = 2_000;

/** Whom errors belong to, and how they call the server behind the command. */
interface Behind {
  readonly place: string;
  readonly target: string | undefined;
}

const running = new Set<CommandStream>();
// A command that outlives the run would hold its connection, and whatever it started beside.
process.on('exit', () => {
  for (const stream of running) stream.kill('SIGKILL');
});

/**
 * The stream of a command on the runner that leads to the server, by the shell, as in ssh_config: `%h`, `%p` and `%r` are
 * its host, port and user, `%%` is a percent sign. The command leads a process group, which ends with the stream.
 */
export function throughCommand(command: string, address: Address, behind: Behind): Duplex {
  return new CommandStream(expand(command, address, behind.target), behind);
}

/** Values become part of a shell's text here, since this is what users write elsewhere: only such that mean nothing to it. */
function expand(command: string, { host, port, user }: Address, target: string | undefined): string {
  const values: Readonly<Record<string, string>> = { h: host, p: String(port), r: user, '%': '%' };
  return command.replace(/%(.?)/g, (token, name: string) => {
    const value = values[name];
    if (value !== undefined && /^[\w.:@%+-]+$/.test(value) && !value.startsWith('-')) return value;
    const what =
      value === undefined ? `has ${token}, which stands for nothing` : `cannot take ${JSON.stringify(value)}`;
    const message = `The proxy command ${what}: %h, %p and %r are plain host, port and user, and %% is a percent sign.`;
    throw new ShipperError('INPUT', message, { target });
  });
}

class CommandStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #behind: Behind;
  #stderr = '';

  constructor(command: string, behind: Behind) {
    super({ emitClose: true });
    this.#behind = behind;
    this.#child = spawn(command, { shell: true, detached: process.platform !== 'win32', stdio: 'pipe' });
    running.add(this);
    const { stdin, stdout, stderr } = this.#child;
    stdin.on('error', () => undefined); // Its end tells why.
    stderr.on('data', (data: Buffer) => (this.#stderr = (this.#stderr + data.toString()).slice(-told)));
    stdout.on('data', (data: Buffer) => {
      if (!this.push(data)) stdout.pause();
    });
    this.#child.on('error', (error) => this.destroy(this.#fault(text(error))));
    this.#child.on('close', (code, signal) => this.#ended(code, signal));
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, () => callback());
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#child.stdin.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#child.stdin.end();
    this.#child.stdout.resume();
    setTimeout(() => this.kill('SIGTERM'), patience).unref();
    callback(error);
  }

  /** Ends the command and what it started. */
  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || !running.has(this)) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      return; // It has ended in the meantime.
    }
  }

  #ended(code: number | null, signal: string | null): void {
    this.kill('SIGKILL'); // What it left behind.
    running.delete(this);
    if (this.destroyed) return;
    if (code === 0) this.push(null);
    else
      this.destroy(this.#fault(signal === null ? `it ended with status ${String(code)}` : `it was ended by ${signal}`));
  }

  #fault(what: string): ShipperError {
    const said = this.#stderr.replace(/\p{Cc}+/gu, ' ').trim();
    const message = `The proxy command to ${this.#behind.place} failed: ${what}${said === '' ? '.' : `. It said: ${said}`}`;
    return new NetworkFault('CONNECT', message, { target: this.#behind.target });
  }
}
