import { leaseSeconds } from '../remote/setup.ts';
import type { Work } from './timeline.ts';

const minute = 60;

/** Seconds, by work. */
export type Limits = Readonly<Record<Work, number>>;

/**
 * Seconds that a target may be silent over each work, while its connection is alive. Generous: what takes longer hangs,
 * on a network file system that is gone, say. `lock` may settle a dead run and run its commands before it answers.
 */
export const limits: Limits = {
  preflight: 2 * minute,
  lock: 10 * minute + 2 * leaseSeconds,
  init_directories: 10 * minute + 2 * leaseSeconds,
  create_revision: 60 * minute, // It can copy `source_dir`.
  create_symlinks: 10 * minute,
  choose: 2 * minute,
  link_current_revision: 30 * minute, // It flushes the revision.
  purge_old_revisions: 10 * minute,
  complete: 60 * minute, // It deletes what was purged.
  unlock: 2 * minute,
  go_back: minute,
  discard: 10 * minute,
  adopt: 10 * minute,
  inspect: 5 * minute,
  verdict: 2 * leaseSeconds + minute,
};

/** Runs out when a target says nothing for too long. */
export class Patience {
  readonly #onEnd: (work: Work, seconds: number) => void;
  readonly #lockTimeout: number;
  readonly #limits: Limits;
  #timer: NodeJS.Timeout | undefined;

  /** `lockTimeout`: seconds that the target waits for the lock by itself. */
  constructor(own: Limits, lockTimeout: number, onEnd: (work: Work, seconds: number) => void) {
    this.#lockTimeout = lockTimeout;
    this.#limits = own;
    this.#onEnd = onEnd;
  }

  /** From now on the target is to say something about this work. */
  waitFor(work: Work): void {
    this.stop();
    const waits = work === 'lock' || work === 'init_directories';
    const seconds = this.#limits[work] + (waits ? this.#lockTimeout : 0);
    this.#timer = setTimeout(() => this.#onEnd(work, seconds), seconds * 1000);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
