import type { Target } from '../config/config.ts';
import { deferred } from '../deferred.ts';
import { ShipperError } from '../errors.ts';
import type { Fact } from '../remote/frame.ts';
import { Session } from '../remote/session.ts';
import type { Setup } from '../remote/setup.ts';
import type { Connection } from '../ssh/connection-types.ts';
import { Knowledge } from './knowledge.ts';
import { Patience } from './patience.ts';
import { silentTarget, unbelievable, withHolder } from './site-errors.ts';
import type { SiteOptions } from './site-options.ts';
import { isUndecided, type RunnerFact, type TargetState } from './state.ts';
import type { Work } from './timeline.ts';

/** The work after which only the target knows what the run came to. */
const deciding: readonly Work[] = ['link_current_revision', 'complete'];

/** One target in one run: its connection, its session, and what is known of it. */
export class Site {
  readonly target: Target;
  readonly knowledge: Knowledge;
  /** What failed first there. */
  failure: ShipperError | undefined;
  readonly #options: SiteOptions;
  readonly #patience: Patience;
  #connection: Connection | undefined;
  #session: Session | undefined;
  #broken = deferred<never>();
  #isBusy = false;

  constructor(options: SiteOptions) {
    const { target, limits, lockTimeout } = options;
    this.#options = options;
    this.target = target;
    this.knowledge = new Knowledge({ ...options, name: target.name });
    this.#patience = new Patience(limits, lockTimeout, (work, seconds) =>
      this.#break(silentTarget(target.name, work, seconds)),
    );
  }

  get state(): TargetState {
    return this.knowledge.state;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Whether steps can still be taken there. */
  get reachable(): boolean {
    return this.#session?.open === true;
  }

  /** Whether it was spoken with, and cannot be any more. */
  get lost(): boolean {
    return this.#session !== undefined && !this.reachable;
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
    this.#session ??= this.#open(connection, this.#options.setup(connection));
    await this.#ask(this.#session, work, last, revision);
  }

  /** After a lost connection: connects anew and reads what the target made of the run, once it is done with it. */
  async judge(): Promise<void> {
    const { setup, token, log } = this.#options;
    this.end();
    try {
      const connection = await this.reconnect();
      this.#connection = connection;
      const words = [...setup(connection).words, 'lost_token', token, 'token', `${token}-judge`];
      this.#session = this.#open(connection, { words, hidden: [] });
      await this.#ask(this.#session, ['verdict'], true, '');
    } catch (error) {
      this.learn({ kind: 'gone' });
      const reason = error instanceof Error ? error.message : String(error);
      log.warning(`${this.target.name}: what became of the run there could not be read: ${reason}`);
    }
  }

  /** Stops what is still being done there: what this run asked for last, and with `commands` those of listeners. */
  async interrupt(commands: boolean): Promise<void> {
    if (!this.reachable || (!this.#isBusy && !commands)) return;
    this.#patience.waitFor('unlock');
    try {
      await Promise.race([this.#session?.interrupt(), this.#broken.promise]);
    } finally {
      this.#patience.stop();
    }
  }

  stop(leader: string): void {
    this.#session?.stop(leader);
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
    this.#patience.stop();
    this.#session?.close();
    this.#connection?.end();
  }

  async #ask(session: Session, work: readonly Work[], last: boolean, revision: string): Promise<void> {
    const isFirst = this.state.phase === 'idle';
    this.knowledge.expect(work);
    this.learn({ kind: 'asked', decides: work.some((each) => deciding.includes(each)) });
    this.#patience.waitFor(work[0] ?? 'unlock');
    this.#isBusy = true;
    try {
      await Promise.race([session.perform(work, { last, revision }), this.#broken.promise]);
    } catch (error) {
      // What ends otherwise than by a lost connection before the script's first word has run nothing.
      const isRefusal = error instanceof ShipperError && error.code !== 'CONNECT' && !session.answered;
      if (isFirst && isRefusal) this.learn({ kind: 'refused' });
      throw withHolder(error, this.state.holder);
    } finally {
      this.#isBusy = false;
      this.#patience.stop();
    }
  }

  #open(connection: Connection, setup: Setup): Session {
    const { log, connectTimeout: answerTimeout, target } = this.#options;
    this.#broken = deferred<never>();
    const onFact = (fact: Fact): void => this.#hear(fact);
    return new Session({ connection, name: target.name, setup, log, answerTimeout, onFact });
  }

  #hear(said: Fact): void {
    if (this.knowledge.hear(said)) {
      this.#patience.waitFor(this.knowledge.next ?? 'unlock'); // All is told but the end.
      return;
    }
    this.learn({ kind: 'gone' });
    this.#break(unbelievable(this.target.name, said));
  }

  /** Gives the session up: the target has to settle the run alone. */
  #break(reason: ShipperError): void {
    this.#broken.reject(reason);
    this.#session?.close();
    this.#connection?.end();
  }
}
