import { setImmediate } from 'node:timers/promises';
import { ShipperError } from '../errors.ts';

/** Milliseconds of work at a stretch. A handshake that goes on meanwhile waits for that at each of its steps. */
const stretch = 5;

/** Lets the event loop turn during long work: beats and cancelling depend on it. Use: `if (it.isDue) await it.turn()`. */
export class Breather {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  /** @param signal when it is aborted, the next turn throws CANCELLED. */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  get isDue(): boolean {
    return performance.now() - this.#since >= stretch;
  }

  async turn(): Promise<void> {
    await setImmediate();
    if (this.#signal?.aborted === true) throw new ShipperError('CANCELLED', 'the upload was cancelled');
    this.#since = performance.now();
  }
}
