import type { Command, EventName } from '../config/events.ts';
import { asShipperError, type ShipperError } from '../errors.ts';
import type { Listeners } from '../listeners/listeners.ts';
import type { Scene } from '../listeners/scene.ts';
import { isLate } from './cancelling.ts';
import type { Fleet } from './fleet.ts';
import type { Moment } from './moments.ts';
import { previousOf, revisionOf } from './names.ts';
import type { Status } from './result.ts';

type EventMoment = Extract<Moment, { kind: 'event' }>;

export interface DispatcherOptions {
  readonly command: Command;
  /** What was asked for, until the targets have told the name. */
  readonly revision: string | undefined;
  readonly fleet: Fleet;
  readonly listeners: Listeners;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Aborted when time ran out for putting things back. */
  readonly late: AbortSignal;
  /** Told what fails where a failure changes nothing any more. */
  readonly warn: (message: string) => void;
}

/** How a failed run stands when its listeners are called. */
export interface Failing {
  readonly error: ShipperError | undefined;
  readonly outcome: Status;
  /** Whether the new revision is still there. */
  readonly made: boolean;
}

/** Calls the listeners of a run: each event with its scene. */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Calls the listeners of an event on the way forth. Rejects with the first failure. */
  async dispatch(event: EventName, moment?: EventMoment): Promise<void> {
    const { wave, on = 'working' } = moment ?? {};
    const scene = { places: this.#options.fleet.select(on, wave), signal: this.#options.signal };
    await this.#dispatch(event, wave === undefined ? scene : { ...scene, wave: { number: wave.number, of: wave.of } });
  }

  /** Calls those of `after:completion`: the run has succeeded, whatever they do. */
  async complete(outcome: Status): Promise<void> {
    await this.#notify('after:completion', { outcome, signal: this.#options.signal });
  }

  /** Calls the listeners of an event on the way back, in a cancelled run for some time only. Never rejects. */
  async back({ event, on, late = 4_500 }: EventMoment, { error, outcome, made }: Failing): Promise<void> {
    const { fleet, late: signal } = this.#options;
    const places = fleet.select(on);
    const scene = { places, signal, outcome };
    if (event === 'on:error') {
      const failure = error === undefined ? undefined : { code: error.code, message: error.message };
      await this.#soon(this.#notify(event, { ...scene, error: failure, made }), late);
    } else if (places.length > 0) {
      const names = { revision: previousOf(fleet), previous: revisionOf(fleet) };
      await this.#soon(this.#notify(event, { ...scene, ...names, back: true }), late);
    }
  }

  /** Waits for listeners, but in a cancelled run for so many milliseconds at the most; then their commands are ended. */
  async #soon(work: Promise<void>, milliseconds: number): Promise<void> {
    const { signal, listeners, fleet, warn } = this.#options;
    if (!(await isLate(work, signal, milliseconds))) return;
    listeners.kill();
    await fleet.interrupt().catch((error: unknown) => warn(asShipperError(error).message));
  }

  async #notify(event: EventName, more: Partial<Scene>): Promise<void> {
    try {
      await this.#dispatch(event, more);
    } catch (error) {
      this.#options.warn(`${event}: ${asShipperError(error).message}`);
    }
  }

  async #dispatch(event: EventName, more: Partial<Scene>): Promise<void> {
    const { fleet, command, listeners, signal, revision } = this.#options;
    const known = revisionOf(fleet);
    await listeners.dispatch({
      command,
      event,
      places: fleet.select('working'),
      revision: known ?? revision,
      made: known !== undefined,
      previous: previousOf(fleet),
      signal,
      ...more,
    });
  }
}
