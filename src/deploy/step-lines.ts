import type { RunLog } from '../log.ts';
import type { TargetResult } from './result.ts';

interface Slowest {
  readonly milliseconds: number;
  readonly target: string;
  /** How many targets took the step. */
  readonly count: number;
}

/** Tells the steps of a fleet in one line each, however many targets there are. */
export class StepLines {
  readonly #log: RunLog;
  readonly #told = new Map<string, number>();

  constructor(log: RunLog) {
    this.#log = log;
  }

  /** Tells what was taken since the last time, by the slowest target. */
  tell(results: readonly Pick<TargetResult, 'name' | 'steps'>[]): void {
    const slowest = new Map<string, Slowest>();
    for (const result of results) {
      for (const { name, milliseconds } of result.steps.slice(this.#told.get(result.name))) {
        const { count, ...before } = slowest.get(name) ?? { milliseconds: -1, target: '', count: 0 };
        const own = milliseconds > before.milliseconds ? { milliseconds, target: result.name } : before;
        slowest.set(name, { ...own, count: count + 1 });
      }
      this.#told.set(result.name, result.steps.length);
    }
    for (const [name, { milliseconds, target, count }] of slowest) {
      this.#log.step(name, milliseconds, count === 1 ? target : `slowest of ${count}: ${target}`);
    }
  }
}
