import type { Target } from '../config/config.ts';
import { ShipperError } from '../errors.ts';
import type { Connection } from '../ssh/connection-types.ts';
import { Session } from '../remote/session.ts';
import { Known, type KnownOptions } from './known.ts';
import type { Work } from './timeline.ts';

export interface SiteOptions extends KnownOptions {
  /** This run's own word on this target, `run-…`. */
  readonly token: string;
  /** Seconds; for one attempt to connect, and for the target's shell to answer. */
  readonly connectTimeout: number;
  readonly connect: (target: Target) => Promise<Connection>;
  /** The words of the first frame, once the connection is there. */
  readonly setup: (connection: Connection) => readonly string[];
}

/** One target in one run: its connection, its session, and what is known of it. */
export class Site {
  readonly target: Target;
  readonly known: Known;
  #connection: Connection | undefined;
  #session: Session | undefined;
  readonly #options: SiteOptions;

  constructor(options: SiteOptions) {
    this.#options = options;
    this.target = options.target;
    this.known = new Known(options);
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Whether steps can still be taken there. */
  get reachable(): boolean {
    return this.#session?.open === true;
  }

  /** Whether the target began to do what it was asked. */
  get begun(): boolean {
    return this.#session?.answered === true;
  }

  get lost(): boolean {
    return this.begun && !this.reachable && !this.known.isDone;
  }

  get revision(): string | undefined {
    return this.known.result.revision;
  }

  get previous(): string | undefined {
    return this.known.result.previousRevision;
  }

  /** Absolute path on the target of the directory by which this run holds the lock. */
  get runDirectory(): string {
    return `${this.target.revisions}/.shipper/runs/${this.#options.token}`;
  }

  async connect(): Promise<void> {
    this.known.mark();
    this.#connection = await this.reconnect();
    this.known.took('connect');
  }

  /** One more connection; the caller ends it. */
  async reconnect(): Promise<Connection> {
    return this.#options.connect(this.target);
  }

  /** Takes these steps, for that revision; resolves when the target has, or rejects with what failed. */
  async perform(work: readonly Work[], last = false, revision = this.known.result.revision ?? ''): Promise<void> {
    const { connection, target } = this;
    if (connection === undefined) {
      throw new ShipperError('INTERNAL', `${target.name} is not connected`, { target: target.name });
    }
    this.#session ??= this.#open(connection, this.#options.setup(connection));
    this.known.mark();
    try {
      await this.#session.perform(work, { last, revision });
    } catch (error) {
      throw this.#withHolder(error);
    }
  }

  /** After a lost connection: connects anew and reads what the target made of the run, once it is done with it. */
  async judge(): Promise<void> {
    const { setup, token, log } = this.#options;
    this.end();
    try {
      const connection = await this.reconnect();
      this.#connection = connection;
      const words = [...setup(connection), 'lost_token', token, 'token', `${token}-judge`];
      this.#session = this.#open(connection, words);
      await this.#session.perform(['verdict'], { last: true });
    } catch (error) {
      this.known.unknown = true;
      const reason = error instanceof Error ? error.message : String(error);
      log.warning(`${this.target.name}: what became of the run there could not be read: ${reason}`);
    }
  }

  async interrupt(): Promise<void> {
    await this.#session?.interrupt();
  }

  stop(leader: string): void {
    this.#session?.stop(leader);
  }

  end(): void {
    this.#session?.close();
    this.#connection?.end();
  }

  #open(connection: Connection, setup: readonly string[]): Session {
    const { log, connectTimeout: answerTimeout, target } = this.#options;
    const { known } = this;
    return new Session({
      connection,
      name: target.name,
      setup,
      log,
      answerTimeout,
      onFact: (fact) => known.learn(fact),
    });
  }

  /** A refusal of the lock says who holds it. */
  #withHolder(error: unknown): unknown {
    const { holder } = this.known;
    if (!(error instanceof ShipperError) || error.code !== 'LOCKED' || holder === undefined) return error;
    return new ShipperError(
      'LOCKED',
      `${error.message}: it is held by ${holder}. It is freed when that run ends, at the latest a minute after it died; ` +
        'wait for it, cancel it, or give this run a longer lock-timeout',
      { target: error.target, step: error.step, cause: error },
    );
  }
}
