import type { ErrorCode } from '../errors.ts';
import type { Command } from '../config/events.ts';

/** How a run ended on a target; `returned` means switched and then put back. */
export type Status = 'succeeded' | 'unchanged' | 'failed' | 'returned' | 'cancelled' | 'unknown';

export interface StepTime {
  readonly name: string;
  readonly milliseconds: number;
}

export interface RevisionRow {
  readonly name: string;
  /** `foreign`: a directory that Shipper did not record. `unfinished`: its run never completed. */
  readonly state: 'completed' | 'prepared' | 'bad' | 'unfinished' | 'foreign';
  /** ISO 8601, by the target's clock; undefined where Shipper did not record it. */
  readonly createdAt?: string | undefined;
  readonly activatedAt?: string | undefined;
  readonly actor?: string | undefined;
  readonly commit?: string | undefined;
  readonly run?: string | undefined;
}

export interface LockHolder {
  readonly actor: string;
  readonly commit: string;
  readonly run: string;
  readonly command: string;
  readonly runner: string;
  /** Seconds since the holder began to wait for the lock, by the target's clock. */
  readonly ageSeconds: number;
}

export interface TargetResult {
  readonly host: string;
  readonly name: string;
  status: Status;
  revision?: string | undefined;
  revisionPath?: string | undefined;
  previousRevision?: string | undefined;
  purged: string[];
  steps: StepTime[];
  error?: { readonly code: ErrorCode; readonly message: string } | undefined;
  /** Name of the active revision, as far as it was read. */
  active?: string | undefined;
  revisions?: RevisionRow[] | undefined;
  lock?: LockHolder | undefined;
  /** In a dry run: what would be done, one line each. */
  plan?: readonly string[] | undefined;
}

export interface Result {
  readonly command: Command;
  readonly dryRun: boolean;
  readonly status: Status;
  readonly revision?: string | undefined;
  readonly previousRevision?: string | undefined;
  readonly targets: readonly TargetResult[];
}
