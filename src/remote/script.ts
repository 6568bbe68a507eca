import type { Writable } from 'node:stream';
import type { Channel, Connection, Exit } from '../ssh/connection-types.ts';
import { patiently, within } from '../time-limit.ts';
import { drained } from './drained.ts';
import { Incoming } from './incoming.ts';
import { limits } from './limits.ts';
import { learn } from './loader.ts';
import { open, type Opened, orCancelled, type ScriptRequest } from './opening.ts';
import { silentStart } from './start-failure.ts';

/** One of the target's scripts, started on a channel of its own. */
export class Script {
  readonly stdout: Incoming;
  readonly channel: Channel;
  readonly #request: ScriptRequest;
  readonly #own: Connection | undefined;
  #feed: (() => string) | undefined;
  #preamble = '';
  #stderr = '';

  private constructor(request: ScriptRequest, { channel, own, feed }: Opened) {
    this.#request = request;
    this.#own = own;
    this.#feed = feed;
    this.channel = channel;
    this.stdout = new Incoming(channel.stdout, channel.closed, request.target);
    channel.stdin.on('error', () => undefined); // What is not read any more shows by the end of the output.
  }

  /**
   * Starts a script, on a connection of its own where the server refuses another channel on this one. Rejects with
   * TARGET where it refuses all, and with CONNECT where it does not answer in time or is gone.
   */
  static async start(request: ScriptRequest): Promise<Script> {
    return new Script(request, await open(request));
  }

  get stdin(): Writable {
    return this.channel.stdin;
  }

  /** The end of what came on stderr until it was greeted, or has come by now: what a script did not foresee. */
  get stderr(): string {
    return this.#stderr.trim();
  }

  /** All that was said by one that did not greet. */
  get said(): string {
    return `${this.#preamble}${this.stdout.release().toString()}${this.#stderr}`;
  }

  /**
   * Waits for the line by which the script greets; resolves with what stands behind the greeting there, or with
   * undefined where the program ended without one. Rejects with TARGET where it takes longer than it may there.
   */
  async greeted(): Promise<string | undefined> {
    const { signal, target, access } = this.#request;
    const { answerSeconds } = access.connection;
    this.channel.stderr.on('data', (data: Buffer) => {
      this.#stderr = (this.#stderr + data.toString()).slice(-limits.preamble);
    });
    try {
      return await within(orCancelled(this.#greeting(), signal), answerSeconds * 1000, () =>
        silentStart(target, answerSeconds),
      );
    } catch (error) {
      this.channel.kill(); // A start-up file that waits for input must not take its end for an answer.
      this.close();
      throw error;
    }
  }

  /** Resolves when the program has ended and its output has arrived; `isBusy` says whether more came just now. */
  async drained(isBusy = (): boolean => this.stdout.isBusy()): Promise<Exit> {
    const exit = await drained(this.channel, isBusy);
    this.#own?.end();
    return exit;
  }

  /** Reads what still comes, for nobody. */
  discard(): void {
    this.stdout.release();
    this.channel.stdout.resume();
  }

  /** Waits until the script has ended and the server could give its channel to another one; not for ever. */
  async freed(milliseconds: number = limits.freedMilliseconds): Promise<void> {
    this.discard();
    await patiently(this.channel.freed, milliseconds);
    this.#own?.end();
  }

  /** Closes the channel. */
  close(): void {
    this.stdout.end();
    this.channel.stdin.end();
    this.channel.stdout.destroy();
    this.#own?.end();
  }

  async #greeting(): Promise<string | undefined> {
    const { greeting } = this.#request;
    for (;;) {
      const line = await this.stdout.line({ cut: true });
      if (line === undefined) return undefined;
      if (line === greeting || line.startsWith(`${greeting} `)) return line.slice(greeting.length + 1);
      if (line === 'shipper-feed') {
        learn(this.#own ?? this.#request.access.connection, { isFed: true });
        this.#sendFeed();
      } else this.#preamble = `${this.#preamble}${line}\n`.slice(0, limits.preamble);
    }
  }

  #sendFeed(): void {
    if (this.#feed !== undefined) this.channel.stdin.write(this.#feed());
    this.#feed = undefined;
  }
}
