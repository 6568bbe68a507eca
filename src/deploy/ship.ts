import { asShipperError, type ShipperError } from '../errors.ts';
import { setupOf } from '../remote/setup.ts';
import { cancellable, isCancelled, isLate, pause } from './cancelling.ts';
import { Fleet } from './fleet.ts';
import { type Moment, moments, type Playing } from './moments.ts';
import { makeAlike, outsideOf, previousOf, revisionOf, tellDifferences, tellUnlike } from './names.ts';
import { resultOf } from './outcome.ts';
import { Planning } from './planning.ts';
import { Recovery } from './recovery.ts';
import type { Result } from './result.ts';
import { Dispatcher } from './dispatcher.ts';
import { isDone } from './state.ts';
import type { Shipped, ShipOptions } from './ship-options.ts';
import { dry, forth, isInWaves, type Row } from './timeline.ts';
import { Waves } from './waves.ts';

/** Milliseconds that a cancelled run may still take, all in all. */
const cancelMilliseconds = 4_500;

/** One run, from the first event to the last. Does not reject: what failed is in what it resolves with. */
export async function ship(options: ShipOptions): Promise<Shipped> {
  return new Run(options).ship();
}

/** Plays the tapes: forth, and when something fails, back or stay. */
class Run {
  readonly #options: ShipOptions;
  readonly #fleet: Fleet;
  readonly #dispatcher: Dispatcher;
  readonly #waves: Waves;
  /** Aborted when time ran out for putting things back: what still comes of it is nobody's concern. */
  readonly #late = new AbortController();
  #error: ShipperError | undefined;
  #planning: Planning | undefined;

  constructor(options: ShipOptions) {
    const { facts, listeners, id, signal } = options;
    this.#options = options;
    this.#waves = new Waves(isInWaves(facts.command) ? facts.config.waves.sizes : [facts.config.targets.length]);
    this.#fleet = new Fleet(options, (target, index, connection) => {
      const again = listeners.commandsAfterSwitch(target);
      return setupOf(facts, target, `run-${id}-${index}`, connection.keyFingerprint, again);
    });
    this.#dispatcher = new Dispatcher({
      command: facts.command,
      revision: facts.revision === '' ? undefined : facts.revision,
      fleet: this.#fleet,
      listeners,
      signal,
      late: this.#late.signal,
      warn: (message) => this.#warn(message),
    });
  }

  async ship(): Promise<Shipped> {
    const { listeners, onResult, dryRun, facts } = this.#options;
    const { command } = facts;
    onResult(this.#result(false));
    await (dryRun || command === 'status' ? this.#read() : this.#change(forth[command]));
    this.#fleet.end();
    await listeners.end();
    const result = this.#planning?.addTo(this.#result(true), this.#fleet.sites) ?? this.#result(true);
    onResult(result);
    return { result, error: this.#error };
  }

  async #change(tape: readonly Row[]): Promise<void> {
    const { listeners, signal } = this.#options;
    try {
      await cancellable(this.#dispatcher.dispatch('on:start'), signal);
      const [first] = moments(tape, this.#playing);
      await cancellable(this.#fleet.connect(first?.kind === 'work'), signal);
      await this.#goForth(tape);
    } catch (error) {
      this.#fail(error);
      await this.#withinTime(this.#recover());
    }
    if (this.#error === undefined) {
      const completed = cancellable(this.#dispatcher.complete(this.#result(true).status), signal);
      await completed.catch((error: unknown) => this.#warn(asShipperError(error).message));
      if (signal.aborted) listeners.kill();
    }
  }

  async #goForth(tape: readonly Row[]): Promise<void> {
    for (const moment of moments(tape, this.#playing)) {
      if (this.#fleet.sites.every(({ state }) => isDone(state.phase))) break;
      await cancellable(this.#meet(moment), this.#options.signal);
      this.#options.onResult(this.#result(false));
    }
  }

  async #meet(moment: Moment): Promise<void> {
    const { facts, log } = this.#options;
    if (moment.wave !== undefined && moment.kind !== 'pause') this.#waves.begin(moment.wave, this.#fleet, log);
    switch (moment.kind) {
      case 'event':
        return this.#dispatcher.dispatch(moment.event, moment);
      case 'pause':
        return pause(moment, this.#fleet.sites, log);
      case 'judge':
        return this.#fleet.judge();
      case 'work': {
        const { work, on, wave, last } = moment;
        await this.#fleet.perform(this.#fleet.select(on, wave), work, last);
        if (work.includes('preflight')) tellUnlike(this.#fleet.sites, facts.command, log);
        if (work.includes('create_revision')) await makeAlike(this.#fleet, facts, work);
        if (work.includes('choose')) tellDifferences(this.#fleet.sites, log);
      }
    }
  }

  /** Clears the error where the run turns out to have completed. */
  async #recover(): Promise<void> {
    const { facts, listeners, signal, log } = this.#options;
    const recovery = new Recovery({
      ...{ facts, listeners, signal, fleet: this.#fleet, dispatcher: this.#dispatcher, playing: this.#playing },
      standing: () => ({ error: this.#error, outcome: this.#result(true).status }),
      warn: (message) => this.#warn(message),
    });
    if (!(await recovery.run())) return;
    log.warning(`the run had completed when it failed: ${this.#error?.message ?? ''}`);
    this.#error = undefined;
  }

  /** Reads what can be read: one target that fails keeps no other from being shown. */
  async #read(): Promise<void> {
    const { facts, signal } = this.#options;
    if (facts.command !== 'status') this.#planning = new Planning(this.#options);
    await cancellable(this.#fleet.connect(true), signal).catch((error: unknown) => this.#fail(error));
    if (signal.aborted) return;
    const planning = this.#planning;
    const reading = this.#fleet.read(dry[facts.command], planning && (async (site) => planning.ask(site)));
    await cancellable(reading, signal).catch((error: unknown) => this.#fail(error));
    await planning?.readCommits(this.#fleet.sites);
  }

  /** The first error wins. */
  #fail(error: unknown): void {
    const failure = asShipperError(error);
    const what = failure.message.split('\n', 1)[0] ?? '';
    if (this.#error === undefined) this.#options.log.info(`failed: ${what}`);
    else this.#warn(what);
    this.#error ??= failure;
  }

  get #playing(): Playing {
    const { facts, listeners } = this.#options;
    return {
      listensTo: (event) => listeners.listensTo(event),
      fleet: this.#fleet.sites.length,
      stays: listeners.listensTo('after:completion'),
      waves: this.#waves.all,
      pause: facts.config.waves.pause,
    };
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

  #result(isOver: boolean): Result {
    const { facts, dryRun, signal } = this.#options;
    const { command } = facts;
    const previous = previousOf(this.#fleet) ?? outsideOf(this.#fleet);
    const fleet = { revision: revisionOf(this.#fleet), previous };
    const waveOf = (index: number) => this.#waves.waveOf(index);
    const ending = { command, dryRun, isOver, error: this.#error, cancelled: isCancelled(signal), waveOf, ...fleet };
    return resultOf(this.#fleet.sites, ending);
  }
}
