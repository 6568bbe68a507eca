import type { Target } from '../config/config.ts';
import { ShipperError } from '../errors.ts';
import type { Connection } from '../ssh/connection-types.ts';
import { isPostponed } from '../ssh/failure.ts';
import { Dialogue } from './dialogue.ts';
import { Knowledge } from './knowledge.ts';
import type { SiteOptions } from './site-options.ts';
import { isUndecided, type RunnerFact, type TargetState } from './state.ts';
import type { Work } from './timeline.ts';

/** One target in one run: its connection, what is said on it, and what is known of it. */
export class Site {
  readonly target: Target;
  readonly knowledge: Knowledge;
  /** What failed first there. */
  failure: ShipperError | undefined;
  readonly #options: SiteOptions;
  #connection: Connection | undefined;
  #dialogue: Dialogue | undefined;

  constructor(options: SiteOptions) {
    const { target } = options;
    this.#options = options;
    this.target = target;
    this.knowledge = new Knowledge({ ...options, name: target.name });
  }

  get state(): TargetState {
    return this.knowledge.state;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Whether steps can still be taken there. */
  get reachable(): boolean {
    return this.#dialogue?.open === true;
  }

  /** Whether it was spoken with, and cannot be any more. */
  get lost(): boolean {
    return this.#dialogue !== undefined && !this.reachable;
  }

  /** Whether it was lost while only it knew what the run came to. */
  get isUndecided(): boolean {
    return this.lost && isUndecided(this.state.phase);
  }

  get revision(): string | undefined {
    return this.state.revision;
  }

  get previous(): string | undefined {
    return this.state.previous;
  }

  /** Absolute path on the target of the directory by which this run holds the lock. */
  get runDirectory(): string {
    return `${this.target.revisions}/.shipper/runs/${this.#options.token}`;
  }

  /** `early`: perhaps before the target has let the user in; then what is asked of it first rejects if it does not. */
  async connect(early: boolean): Promise<void> {
    this.knowledge.steps.mark();
    this.#connection = await this.#options.connect(this.target, early);
    this.knowledge.steps.took('connect');
  }

  /** One more connection; the caller ends it. */
  async reconnect(): Promise<Connection> {
    return this.#options.connect(this.target, false);
  }

  /** Takes these steps, for that revision; resolves when the target has, or rejects with what failed. */
  async perform(work: readonly Work[], last = false, revision = this.revision ?? ''): Promise<void> {
    const { connection, target } = this;
    if (connection === undefined) {
      throw new ShipperError('INTERNAL', `${target.name} is not connected`, { target: target.name });
    }
    this.#dialogue ??= this.#begin(connection);
    try {
      await this.#dialogue.ask(work, last, revision);
    } catch (error) {
      // Only an early connection is told so here; any other is tried again by itself.
      if (!isPostponed(error)) throw error;
      this.#options.log.info(`${error instanceof Error ? error.message : ''} Trying again.`);
      this.#connection = await this.reconnect();
      this.#dialogue = this.#begin(this.#connection);
      await this.#dialogue.ask(work, last, revision);
    }
  }

  #begin(connection: Connection): Dialogue {
    return new Dialogue(connection, this.#options.setup(connection), this.knowledge, this.#options);
  }

  /** After a lost connection: connects anew and reads what the target made of the run, once it is done with it. */
  async judge(): Promise<void> {
    const { setup, token, log } = this.#options;
    this.end();
    try {
      const connection = await this.reconnect();
      this.#connection = connection;
      const words = [...setup(connection).words, 'lost_token', token, 'token', `${token}-judge`];
      this.#dialogue = new Dialogue(connection, { words, hidden: [] }, this.knowledge, this.#options);
      await this.#dialogue.ask(['verdict'], true, '');
    } catch (error) {
      this.learn({ kind: 'gone' });
      const reason = error instanceof Error ? error.message : String(error);
      log.warning(`${this.target.name}: what became of the run there could not be read: ${reason}`);
    }
  }

  /** Stops what is still being done there: what this run asked for last, and with `commands` those of listeners. */
  async interrupt(commands: boolean): Promise<void> {
    await this.#dialogue?.interrupt(commands);
  }

  stop(leader: string): void {
    this.#dialogue?.stop(leader);
  }

  /** Adds what the runner decides itself to what is known. */
  learn(fact: RunnerFact): void {
    this.knowledge.learn(fact);
  }

  /** Rejects once the connection is lost; never resolves. */
  async ends(): Promise<never> {
    const loss = await this.#connection?.lost;
    throw loss ?? new ShipperError('CONNECT', `${this.target.name}: the connection has ended`);
  }

  end(): void {
    this.#dialogue?.close();
    this.#connection?.end();
  }
}
