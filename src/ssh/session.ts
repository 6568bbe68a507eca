import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Address } from '../config/config.ts';
import { deferred } from '../deferred.ts';
import { ShipperError } from '../errors.ts';
import { toChannel, type Loss } from './channel.ts';
import { forwardRefused, programRefused } from './channel-refused.ts';
import type { Channel, Connection } from './connection-types.ts';
import { NetworkFault, text } from './failure.ts';
import type { SessionFacts } from './session-facts.ts';
import { canExecAtOnce, execAtOnce, execInTurn } from './wire/hasty-exec.ts';

/** How long a goodbye may take on a network that no longer takes it; milliseconds. */
const farewell = 500;

/** One authenticated connection: to a target, or to a hop on the way there. */
export class Session implements Connection, Loss {
  readonly address: Address;
  readonly identification: string;
  readonly keyFingerprint: string | undefined;
  readonly keyExchange: string;
  readonly answerSeconds: number;
  readonly lost: Promise<Error | undefined>;
  readonly ready: Promise<void>;
  readonly #facts: SessionFacts;
  readonly #ready = deferred();
  readonly #lose = deferred<Error | undefined>();
  #reason: Error | undefined;
  #ended = false;
  #gone = false;
  /** Whether no channel was asked for yet. */
  #isFresh = true;

  constructor(facts: SessionFacts) {
    this.#facts = facts;
    this.address = facts.address;
    this.identification = facts.identification;
    this.keyFingerprint = facts.keyFingerprint;
    this.keyExchange = facts.keyExchange;
    this.answerSeconds = 3 * facts.connectTimeout;
    this.ready = this.#ready.promise;
    this.lost = this.#lose.promise;
  }

  /** The user is in: from here on, the end of the client is the loss of the connection. */
  confirm(): void {
    const { client, via } = this.#facts;
    const lose = (error?: Error): void => {
      if (this.#gone) return;
      if (!this.#ended) via?.distrust();
      this.#leave(this.#ended ? undefined : this.#explainLoss(error));
    };
    client.on('error', lose);
    // A channel of a hop may stay half open after `end`.
    client.once('end', () => lose());
    client.once('close', () => lose());
    this.#ready.resolve();
  }

  /** The user is not let in, after all. */
  refuse(reason: ShipperError): void {
    this.#ready.reject(reason);
    this.#leave(this.#ended ? undefined : reason);
  }

  #leave(reason: Error | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#reason = reason;
    this.#release();
    this.#lose.resolve(reason);
  }

  async exec(command: string, input?: string): Promise<Channel> {
    const { client } = this.#facts;
    const atOnce = this.#isFresh && canExecAtOnce(client);
    this.#isFresh = false;
    if (!atOnce) await this.ready;
    return this.#request(
      (done) => (atOnce ? execAtOnce(client, command, input, done) : execInTurn(client, command, input, done)),
      toChannel,
      (error) => programRefused(error, this.#facts),
    );
  }

  /** A stream to an address as this server sees it; `stop` gives up, with its reason. Errors belong to `target`. */
  async forward({ host, port }: Address, target: string | undefined, stop: AbortSignal): Promise<Duplex> {
    const { client, place } = this.#facts;
    this.#isFresh = false;
    await this.ready;
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
      (error) => forwardRefused(error, to, { place, target }),
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
    const { place, target, via, check } = this.#facts;
    if (check.refusal !== undefined) return check.refusal;
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
