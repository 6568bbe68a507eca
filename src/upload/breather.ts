import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work at a stretch. */
const stretch = 20;

/** Lets the event loop turn during long work: beats and cancelling depend on it. */
export class Breather {
  #since = performance.now();

  /** To be awaited often: returns at once, or after a turn of the event loop when one is due. */
  breathe(): Promise<void> | undefined {
    return performance.now() - this.#since < stretch ? undefined : this.#turn();
  }

  async #turn(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
