import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import type { Address } from '../config/config.ts';
import { ShipperError } from '../errors.ts';
import { toChannel, type Loss } from './channel.ts';
import type { Channel, Connection, Hop } from './connection-types.ts';
import { NetworkFault, text } from './failure.ts';

export interface SessionFacts {
  readonly client: Client;
  /** What the client speaks through: a socket, or a channel of the hop before. */
  readonly stream: Duplex;
  readonly address: Address;
  readonly place: string;
  /** Name of the target that errors belong to; undefined for a hop, which belongs to all behind it. */
  readonly target: string | undefined;
  readonly identification: string;
  readonly keyFingerprint: string | undefined;
  /** The hop before; it is let go of when this ends. */
  readonly via: Hop | undefined;
}

/** How long a goodbye may take on a network that no longer takes it; milliseconds. */
const farewell = 500;

/** The server refuses a channel or the program on it, while the connection itself is fine. */
class ChannelRefused extends ShipperError {}

/** Whether an error of `exec` means that the server allows no (or no second) program, and not that it is gone. */
export function isChannelRefused(error: unknown): boolean {
  return error instanceof ChannelRefused;
}

/** One authenticated connection: to a target, or to a hop on the way there. */
export class Session implements Connection, Loss {
  readonly address: Address;
  readonly identification: string;
  readonly keyFingerprint: string | undefined;
  readonly lost: Promise<Error | undefined>;
  readonly #facts: SessionFacts;
  #reason: Error | undefined;
  #ended = false;
  #gone = false;

  constructor(facts: SessionFacts) {
    this.#facts = facts;
    this.address = facts.address;
    this.identification = facts.identification;
    this.keyFingerprint = facts.keyFingerprint;
    this.lost = new Promise((resolve) => {
      const lose = (error?: Error): void => {
        if (this.#gone) return;
        this.#gone = true;
        if (!this.#ended) {
          this.#reason = this.#explainLoss(error);
          facts.via?.distrust();
        }
        this.#release();
        resolve(this.#reason);
      };
      facts.client.on('error', lose);
      // A channel of a hop may stay half open after `end`.
      facts.client.once('end', () => lose());
      facts.client.once('close', () => lose());
    });
  }

  async exec(command: string): Promise<Channel> {
    const { client, place, target } = this.#facts;
    return this.#request(
      (done) => client.exec(command, done),
      toChannel,
      (error) => {
        const message = `${place} is connected, but its SSH server refuses to start a program (${text(error)}): it allows no more sessions (MaxSessions), or none at all.`;
        return new ChannelRefused('TARGET', message, { target, cause: error });
      },
    );
  }

  /** A stream to an address as this server sees it; `stop` gives up, with its reason. Errors belong to `target`. */
  async forward({ host, port }: Address, target: string | undefined, stop: AbortSignal): Promise<Duplex> {
    const { client, place } = this.#facts;
    const to = `${host}:${String(port)}`;
    const accept = (channel: ClientChannel): Duplex => (stop.aborted ? channel.destroy() : channel);
    const stopped = new Promise<never>((_, reject) => {
      stop.addEventListener('abort', () => {
        const cause = stop.reason as Error;
        if (cause instanceof ShipperError) reject(cause);
        else reject(new NetworkFault('CONNECT', `${place} finds no way to ${to}: ${text(cause)}.`, { target, cause }));
      });
    });
    const opened = this.#request(
      (done) => client.forwardOut('127.0.0.1', 65535, host, port, done),
      accept,
      (error) => {
        const facts = { target, cause: error };
        if (!('reason' in error) || error.reason !== 2) {
          const why = `${place} does not forward connections (${text(error)}).`;
          return new ShipperError(
            'CONNECT',
            `${why} Set AllowTcpForwarding there, and no “restrict” on the key without “port-forwarding”.`,
            facts,
          );
        }
        const message = `${place} cannot reach ${to}: ${text(error).replace(/^\(SSH\) Channel open failure: /, '')}.`;
        return /name or service|unknown host/i.test(message)
          ? new ShipperError('CONNECT', message, facts)
          : new NetworkFault('CONNECT', message, facts);
      },
    );
    return Promise.race([opened, stopped]);
  }

  /** Why the connection was lost, where it was. */
  get loss(): Error | undefined {
    return this.#reason;
  }

  gone(): ShipperError {
    const { place, target } = this.#facts;
    if (this.#reason instanceof ShipperError) return this.#reason;
    return new ShipperError('CONNECT', `The connection to ${place} was already ended.`, { target });
  }

  end(): void {
    if (!this.#gone) this.#ended = true;
    this.#facts.client.end();
    this.#release();
  }

  /** Asks the server for a channel. `accept` runs before anything else can arrive on it. */
  async #request<T>(
    open: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
    accept: (channel: ClientChannel, loss: Loss) => T,
    refused: (error: Error) => ShipperError,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      void this.lost.then(() => reject(this.gone()));
      try {
        open((error, channel) => {
          // ssh2 also answers like this when the connection goes; then `lost` says why.
          if (error === undefined) resolve(accept(channel, this));
          else if (!this.#gone && !this.#ended) reject(refused(error));
        });
      } catch {
        this.#facts.stream.destroy(); // It no longer takes data: `lost` is near.
      }
    });
  }

  #explainLoss(error: Error | undefined): ShipperError {
    const { place, target, via } = this.#facts;
    const hop = via?.loss?.message;
    const why = hop ?? (error === undefined ? 'the other side closed it' : text(error));
    return new ShipperError('CONNECT', `The connection to ${place} was lost: ${why}.`, { target, cause: error });
  }

  /** Lets go of the stream and of the hops, and of the goodbye too if the network does not take it. */
  #release(): void {
    const { stream, via } = this.#facts;
    if (stream instanceof Socket && !stream.destroyed) {
      stream.destroySoon();
      const force = setTimeout(() => stream.destroy(), farewell).unref();
      stream.once('close', () => clearTimeout(force));
    } else {
      stream.destroy();
    }
    via?.end();
  }
}
