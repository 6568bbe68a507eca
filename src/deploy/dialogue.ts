import { deferred } from '../deferred.ts';
import { ShipperError } from '../errors.ts';
import type { Fact } from '../remote/frame.ts';
import { Session } from '../remote/session.ts';
import type { Setup } from '../remote/setup.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { Knowledge } from './knowledge.ts';
import { Patience } from './patience.ts';
import { silentTarget, unbelievable, withHolder } from './site-errors.ts';
import type { SiteOptions } from './site-options.ts';
import type { Work } from './timeline.ts';

/** The work after which only the target knows what the run came to. */
const deciding: readonly Work[] = ['link_current_revision', 'complete'];

/** What is said between the runner and one target on one connection, by when, and what the runner learns of it. */
export class Dialogue {
  readonly #name: string;
  readonly #connection: Connection;
  readonly #knowledge: Knowledge;
  readonly #session: Session;
  readonly #patience: Patience;
  readonly #broken = deferred<never>();
  #isBusy = false;

  constructor(connection: Connection, setup: Setup, knowledge: Knowledge, options: SiteOptions) {
    const { target, limits, lockTimeout, log } = options;
    this.#name = target.name;
    this.#connection = connection;
    this.#knowledge = knowledge;
    this.#patience = new Patience(limits, lockTimeout, (work, seconds) =>
      this.#break(silentTarget(target.name, work, seconds)),
    );
    this.#session = new Session({
      ...{ connection, name: target.name, setup, log },
      onAnswer: () => this.#wait(),
      onFact: (fact) => this.#hear(fact),
    });
  }

  /** Whether the target can still be spoken with. */
  get open(): boolean {
    return this.#session.open;
  }

  /** Asks for these steps, for that revision; resolves when they are taken, or rejects with what failed. */
  async ask(work: readonly Work[], last: boolean, revision: string): Promise<void> {
    const isFirst = this.#knowledge.state.phase === 'idle';
    this.#knowledge.expect(work);
    this.#knowledge.learn({ kind: 'asked', decides: work.some((each) => deciding.includes(each)) });
    if (this.#session.answered) this.#wait(); // Until then, the login and the login shell have limits of their own.
    this.#isBusy = true;
    try {
      await Promise.race([this.#session.perform(work, { last, revision }), this.#broken.promise]);
    } catch (error) {
      // What ends otherwise than by a lost connection before the script's first word has run nothing.
      const isRefusal = error instanceof ShipperError && error.code !== 'CONNECT' && !this.#session.answered;
      if (isFirst && isRefusal) this.#knowledge.learn({ kind: 'refused' });
      throw withHolder(error, this.#knowledge.state.holder);
    } finally {
      this.#isBusy = false;
      this.#patience.stop();
    }
  }

  /** Stops what is still being done there: what was asked for last, and with `commands` those of listeners. */
  async interrupt(commands: boolean): Promise<void> {
    if (!this.open || (!this.#isBusy && !commands)) return;
    this.#patience.waitFor('unlock');
    try {
      await Promise.race([this.#session.interrupt(), this.#broken.promise]);
    } finally {
      this.#patience.stop();
    }
  }

  /** Ends the process group of a listener's command that has this leader. */
  stop(leader: string): void {
    this.#session.stop(leader);
  }

  close(): void {
    this.#patience.stop();
    this.#session.close();
  }

  #hear(said: Fact): void {
    if (this.#knowledge.hear(said)) this.#wait();
    else {
      this.#knowledge.learn({ kind: 'gone' });
      this.#break(unbelievable(this.#name, said));
    }
  }

  /** For what it is to tell next; without that, all is told but the end. */
  #wait(): void {
    this.#patience.waitFor(this.#knowledge.next ?? 'unlock');
  }

  /** Gives the session up: the target has to settle the run alone. */
  #break(reason: ShipperError): void {
    this.#broken.reject(reason);
    this.#session.close();
    this.#connection.end();
  }
}
