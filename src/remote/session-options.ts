import type { Log } from '../log.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { Fact } from './frame.ts';
import type { Setup } from './setup.ts';

export interface SessionOptions {
  readonly connection: Connection;
  /** Name of the target, for errors. */
  readonly name: string;
  /** What the first frame says, up to its steps. */
  readonly setup: Setup;
  /** Told of each fact as it arrives, those of a step before the step's own. */
  readonly onFact: (fact: Fact) => void;
  readonly log: Log;
  /** Told when the target's script has said its first word: from then on it is to tell what it does. */
  readonly onAnswer?: () => void;
  /** Milliseconds between two beats. Default 5000: the lease on the target outlives eight of them. */
  readonly beat?: number;
}

export interface PerformOptions {
  /** Lets the script end afterwards. */
  readonly last?: boolean;
  /** Name of the revision that the steps are about; the script's own where empty. */
  readonly revision?: string;
}
