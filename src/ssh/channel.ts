import { Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { ShipperError } from '../errors.ts';
import type { Channel, Exit } from './connection-types.ts';

/** What the end of a connection looks like to its channels. */
export interface Loss {
  readonly lost: Promise<Error | undefined>;
  /** The error for whoever still wants something of the connection. */
  gone(): ShipperError;
}

const unknown: Exit = { code: undefined, signal: undefined };

/** Gives ssh2's channel the promises of ours. Call it as soon as ssh2 hands the channel over: `exit` comes once. */
export function toChannel(channel: ClientChannel, loss: Loss): Channel {
  const exit = new Promise<Exit>((resolve) => {
    channel.once('exit', (code: number | null, signal?: string) => resolve({ code: code ?? undefined, signal }));
    channel.once('close', () => resolve(unknown));
    // ssh2 emits `close` only after the last byte of output was read.
    void loss.lost.then(() => resolve(unknown));
  });
  const ignore = (): void => undefined;
  channel.on('error', ignore);
  channel.stderr.on('error', ignore);
  return {
    stdin: new Input(channel, exit, loss),
    stdout: channel,
    stderr: channel.stderr,
    exit,
    kill: () => channel.signal('KILL'),
    freed: new Promise((resolve) => {
      channel.once('close', () => resolve());
      void loss.lost.then(() => resolve());
    }),
    closed: Promise.all([ended(channel), ended(channel.stderr)]).then(ignore),
  };
}

async function ended(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}

/**
 * A program's standard input. ssh2's own never calls back for what is written after the other side has closed; this one
 * fails then, so that a pipeline into it ends. Nobody has to listen for that error.
 */
class Input extends Writable {
  readonly #channel: ClientChannel;

  constructor(channel: ClientChannel, exit: Promise<Exit>, loss: Loss) {
    super({ decodeStrings: true });
    this.#channel = channel;
    this.on('error', () => undefined);
    void exit.then(() => {
      if (!this.writableFinished)
        this.destroy(new ShipperError('TARGET', 'The program ended before it read all of its input.'));
    });
    void loss.lost.then(() => {
      if (!this.writableFinished) this.destroy(loss.gone());
    });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#channel.write(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#channel.end();
    callback();
  }
}
