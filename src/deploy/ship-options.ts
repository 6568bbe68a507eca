import type { Target } from '../config/config.ts';
import type { ShipperError } from '../errors.ts';
import type { Listeners } from '../listeners/listeners.ts';
import type { RunLog } from '../log.ts';
import type { RunFacts } from '../remote/setup.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { Limits } from './patience.ts';
import type { Result } from './result.ts';

/** What a run is made of. */
export interface ShipOptions {
  readonly facts: RunFacts;
  readonly dryRun: boolean;
  /** Unique to this run: lower-case letters and digits. */
  readonly id: string;
  /** How many targets are worked on at once. */
  readonly concurrency: number;
  /** `early`: something is asked of the target at once, so that it need not have let the user in yet. */
  readonly connect: (target: Target, early: boolean) => Promise<Connection>;
  /** How long a target may be silent over each work; by default minutes. */
  readonly limits?: Limits;
  readonly listeners: Listeners;
  /** Absolute path on the runner. */
  readonly workspace: string;
  readonly log: RunLog;
  /** Aborted when the run is to be cancelled; a ShipperError as its reason is what failed. */
  readonly signal: AbortSignal;
  /** Told of the result as soon as more of it is known. */
  readonly onResult: (result: Result) => void;
}

export interface Shipped {
  readonly result: Result;
  /** Why the run failed; the first error wins. */
  readonly error: ShipperError | undefined;
}
