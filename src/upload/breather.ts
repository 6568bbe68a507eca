import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work at a stretch. */
const stretch = 20;

/** Lets the event loop turn during long work: beats and cancelling depend on it. Use: `if (it.isDue) await it.turn()`. */
export class Breather {
  #since = performance.now();

  get isDue(): boolean {
    return performance.now() - this.#since >= stretch;
  }

  async turn(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
