import type { Config, Target } from '../config/config.ts';
import type { EventName } from '../config/events.ts';
import { asShipperError, type ShipperError } from '../errors.ts';
import type { Listeners } from '../listeners/listeners.ts';
import type { Scene } from '../listeners/scene.ts';
import type { RunLog } from '../log.ts';
import type { Connection } from '../ssh/connection-types.ts';
import { type RunFacts, setupWords } from '../remote/setup.ts';
import { cancellable, isLate } from './cancelling.ts';
import { Fleet } from './fleet.ts';
import type { Result, Status } from './result.ts';
import { type Moment, moments } from './timeline.ts';

export interface ShipOptions {
  readonly facts: RunFacts;
  readonly dryRun: boolean;
  /** Unique to this run: lower-case letters and digits. */
  readonly id: string;
  /** How many targets to connect to at once. */
  readonly concurrency: number;
  /** Seconds. */
  readonly connectTimeout: number;
  readonly connect: (target: Target) => Promise<Connection>;
  readonly listeners: Listeners;
  readonly log: RunLog;
  /** Aborted when the run is to be cancelled. */
  readonly signal: AbortSignal;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
  /** Told of the result as soon as more of it is known. */
  readonly onResult: (result: Result) => void;
}

export interface Shipped {
  readonly result: Result;
  /** Why the run failed; the first error wins. */
  readonly error: ShipperError | undefined;
}

/** Milliseconds that a cancelled run may still take, all in all, and in this its listeners. */
const cancelMilliseconds = 4_500;
const againMilliseconds = 1_000;
const lastWordMilliseconds = 2_000;

/** One run, from the first event to the last. Does not reject: what failed is in what it resolves with. */
export async function ship(options: ShipOptions): Promise<Shipped> {
  return new Run(options).ship();
}

class Run {
  readonly #options: ShipOptions;
  readonly #config: Config;
  readonly #fleet: Fleet;
  /** Aborted when time ran out for putting things back: what still comes of it is nobody's concern. */
  readonly #late = new AbortController();
  #error: ShipperError | undefined;

  constructor(options: ShipOptions) {
    const { facts, listeners, id } = options;
    this.#options = options;
    this.#config = facts.config;
    this.#fleet = new Fleet(options, (target, index, connection) => {
      const again = listeners.commandsAfterSwitch(target);
      return setupWords(facts, target, `run-${id}-${index}`, connection.keyFingerprint, again);
    });
  }

  async ship(): Promise<Shipped> {
    const { listeners, onResult } = this.#options;
    await (this.#isReading ? this.#read() : this.#change());
    this.#fleet.end();
    await listeners.end();
    const result = this.#result();
    onResult(result);
    return { result, error: this.#error };
  }

  async #change(): Promise<void> {
    const { listeners, onResult, signal } = this.#options;
    try {
      await this.#cancellable(this.#dispatch('on:start'));
      await this.#cancellable(this.#fleet.connect());
      for (const moment of this.#moments()) {
        if (this.#fleet.isDone) break;
        await this.#cancellable(this.#meet(moment));
        onResult(this.#result());
      }
    } catch (error) {
      this.#fail(error);
      await this.#withinTime(this.#recover());
    }
    if (this.#error === undefined) {
      await this.#attempt(this.#cancellable(this.#notify('after:completion')));
      if (signal.aborted) listeners.kill();
    }
  }

  /** Whether nothing is changed on the targets. */
  get #isReading(): boolean {
    const { facts, dryRun } = this.#options;
    return dryRun || facts.command === 'status';
  }

  /** Reads what can be read: one target that fails keeps no other from being shown. */
  async #read(): Promise<void> {
    const { facts, dryRun } = this.#options;
    const work = this.#moments().flatMap((moment) => (moment.kind === 'work' ? moment.work : []));
    await this.#cancellable(this.#fleet.connect()).catch((error: unknown) => this.#fail(error));
    if (this.#options.signal.aborted) return;
    await this.#cancellable(this.#fleet.read(work)).catch((error: unknown) => this.#fail(error));
    if (dryRun && facts.command !== 'status') this.#fleet.plan();
  }

  /** The first error wins. */
  #fail(error: unknown): void {
    const failure = asShipperError(error);
    const what = failure.message.split('\n', 1)[0] ?? '';
    if (this.#error === undefined) this.#options.log.info(`failed: ${what}`);
    else this.#warn(what);
    this.#error ??= failure;
  }

  #moments(): readonly Moment[] {
    const { facts, dryRun, listeners } = this.#options;
    return moments(facts.command, (event) => listeners.listensTo(event), {
      fleet: this.#fleet.size,
      dryRun,
      stays: listeners.listensTo('after:completion'),
    });
  }

  async #meet(moment: Moment): Promise<void> {
    if (moment.kind === 'event') await this.#dispatch(moment.event);
    else await this.#fleet.perform(moment.work, moment.last);
  }

  async #dispatch(event: EventName, more: Partial<Scene> = {}): Promise<void> {
    const { facts, listeners } = this.#options;
    await listeners.dispatch({
      command: facts.command,
      event,
      places: this.#fleet.places(),
      revision: this.#fleet.revision ?? (facts.revision === '' ? undefined : facts.revision),
      made: this.#fleet.revision !== undefined,
      signal: this.#options.signal,
      previous: this.#fleet.previous,
      ...more,
    });
  }

  /** For listeners whose failure changes nothing any more. */
  async #notify(event: EventName, more: Partial<Scene> = {}): Promise<void> {
    try {
      await this.#dispatch(event, { outcome: this.#status(), ...more });
    } catch (error) {
      this.#warn(`${event}: ${asShipperError(error).message}`);
    }
  }

  /** Puts everything back as it was, as far as the targets can be reached; those that cannot do it alone. */
  async #recover(): Promise<void> {
    const { facts, listeners, signal } = this.#options;
    const fleet = this.#fleet;
    await fleet.judgeLost();
    if (this.#succeededAfterAll()) return;
    if (signal.aborted) {
      listeners.kill();
      await this.#attempt(fleet.interrupt());
    }
    const wasSwitched = fleet.isSwitched;
    const stays = wasSwitched && (facts.command === 'rollback' || !this.#config.rollbackOnFailure);
    if (stays) await this.#attempt(fleet.afterFailure('switched', ['complete', 'unlock'], true));
    await this.#attempt(fleet.afterFailure('all', ['go_back']));
    await fleet.judgeLost(); // A listener can meet the loss of a connection before its session does.
    if (!stays && this.#succeededAfterAll()) return;
    const recovering = { signal: this.#late.signal };
    const places = fleet.returned();
    if (places.length > 0) {
      const back = { back: true, places, revision: fleet.previous, previous: fleet.revision };
      await this.#soon(this.#notify('after:link_current_revision', { ...recovering, ...back }), againMilliseconds);
    }
    await this.#attempt(fleet.afterFailure('settled', ['discard']));
    const error = this.#error === undefined ? undefined : { code: this.#error.code, message: this.#error.message };
    await this.#soon(this.#notify('on:error', { ...recovering, error, made: wasSwitched }), lastWordMilliseconds);
    await this.#attempt(fleet.afterFailure('settled', ['unlock'], true));
  }

  async #cancellable(work: Promise<void>): Promise<void> {
    return cancellable(work, this.#options.signal);
  }

  /** Whether every target turns out to be done: the connection was lost, or the run cancelled, only afterwards. */
  #succeededAfterAll(): boolean {
    if (!this.#fleet.isDone) return false;
    this.#options.log.warning(`the run had completed when it failed: ${this.#error?.message ?? ''}`);
    this.#error = undefined;
    return true;
  }

  /** What fails while cleaning up is a warning beside the first error. */
  async #attempt(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#warn(asShipperError(error).message);
    }
  }

  #warn(message: string): void {
    if (!this.#late.signal.aborted) this.#options.log.warning(message);
  }

  /** Waits for the work, but in a cancelled run for so many milliseconds at the most. */
  async #withinTime(work: Promise<void>): Promise<void> {
    const { signal, log, listeners } = this.#options;
    if (!(await isLate(work, signal, cancelMilliseconds))) return;
    log.warning('not everything could be put back in time: the targets finish it alone, by their own watch');
    this.#late.abort();
    listeners.kill();
  }

  /** The same for listeners; then their commands are ended. */
  async #soon(work: Promise<void>, milliseconds: number): Promise<void> {
    const { signal, listeners } = this.#options;
    if (!(await isLate(work, signal, milliseconds))) return;
    listeners.kill();
    await this.#attempt(this.#fleet.interrupt());
  }

  #status(): Status {
    if (this.#error === undefined) return this.#fleet.isUnchanged ? 'unchanged' : 'succeeded';
    if (this.#fleet.isUnknown || this.#fleet.isParted) return 'unknown';
    if (this.#options.signal.aborted) return 'cancelled';
    return this.#fleet.isReturned ? 'returned' : 'failed';
  }

  #result(): Result {
    const { facts, dryRun } = this.#options;
    return {
      command: facts.command,
      dryRun,
      status: this.#status(),
      revision: this.#fleet.revision,
      previousRevision: this.#fleet.previous,
      targets: this.#fleet.results(this.#error, this.#options.signal.aborted, this.#isReading),
    };
  }
}
