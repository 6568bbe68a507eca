import type { Target } from '../config/config.ts';
import type { Setup } from '../remote/setup.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { KnowledgeOptions } from './knowledge.ts';
import type { Limits } from './patience.ts';

/** What one target's part in a run is made of. */
export interface SiteOptions extends Omit<KnowledgeOptions, 'name'> {
  readonly target: Target;
  /** This run's own word on this target, `run-…`. */
  readonly token: string;
  /** How long the target may be silent. */
  readonly limits: Limits;
  /** Seconds that the target waits for the lock. */
  readonly lockTimeout: number;
  readonly connect: (target: Target, early: boolean) => Promise<Connection>;
  /** The words of the first frame, once the connection is there. */
  readonly setup: (connection: Connection) => Setup;
}
