import { asShipperError, type ShipperError } from '../errors.ts';
import type { Listeners } from '../listeners/listeners.ts';
import type { RunFacts } from '../remote/setup.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Fleet } from './fleet.ts';
import { type Moment, moments, type Playing } from './moments.ts';
import type { Status } from './result.ts';
import { isSwitched } from './state.ts';
import { back, stay } from './timeline.ts';

export interface RecoveryOptions {
  readonly facts: RunFacts;
  readonly fleet: Fleet;
  readonly dispatcher: Dispatcher;
  readonly listeners: Listeners;
  readonly playing: Playing;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Why the run failed, and how it stands by now. */
  readonly standing: () => { readonly error: ShipperError | undefined; readonly outcome: Status };
  /** Told what fails here: it is beside the first error, and keeps nothing else from being put back. */
  readonly warn: (message: string) => void;
}

/** The way back of a failed run, as far as the targets can be reached; those that cannot go back alone. */
export class Recovery {
  readonly #options: RecoveryOptions;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /**
   * Plays the tape `stay` where something was switched and is to stay, else `back`. Never rejects. Resolves with whether
   * the run had completed after all: the connection was lost, or it was cancelled, only afterwards.
   */
  async run(): Promise<boolean> {
    const { facts, fleet, listeners, signal, playing } = this.#options;
    const switched = fleet.sites.filter(({ state }) => isSwitched(state.phase));
    const stays = switched.length > 0 && (facts.command === 'rollback' || !facts.config.rollbackOnFailure);
    if (stays) for (const site of switched) site.learn({ kind: 'stays' });
    if (signal.aborted) listeners.kill();
    for (const moment of moments(stays ? stay : back, { ...playing, stays: false })) {
      if (this.#hasCompleted()) return true;
      await this.#meet(moment, switched.length > 0).catch((error: unknown) => this.#warn(error));
    }
    return this.#hasCompleted();
  }

  async #meet(moment: Moment, made: boolean): Promise<void> {
    const { dispatcher, fleet, signal, standing } = this.#options;
    switch (moment.kind) {
      case 'event':
        return dispatcher.back(moment, { ...standing(), made });
      case 'judge':
        return fleet.judge();
      case 'work':
        return fleet.putBack(fleet.select(moment.on), moment.work, moment.last, signal.aborted);
      case 'pause': // There are no waves on the way back.
    }
  }

  #hasCompleted(): boolean {
    return this.#options.fleet.sites.every(({ state: { phase } }) => phase === 'completed' || phase === 'unchanged');
  }

  #warn(error: unknown): void {
    this.#options.warn(asShipperError(error).message);
  }
}
