import type { ErrorCode } from '../errors.ts';
import type { Command } from '../config/events.ts';
import type { Plan, RunPlan } from './plan.ts';

/**
 * How a run ended on a target. `failed`: nothing was switched; `returned`: switched, then put back; `stayed`: switched,
 * then failed, and it stays there; `unknown`: the run is not over, or the truth could not be read back.
 */
export type Status = 'succeeded' | 'unchanged' | 'failed' | 'returned' | 'stayed' | 'cancelled' | 'unknown';

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

/** The wave that a target switches in. */
export interface TargetWave {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  /** ISO 8601, by the runner's clock; undefined where it never began. */
  readonly beganAt?: string | undefined;
}

export interface TargetResult {
  readonly host: string;
  readonly name: string;
  /** Where the targets switch in several waves. */
  readonly wave?: TargetWave | undefined;
  readonly status: Status;
  readonly revision?: string | undefined;
  readonly revisionPath?: string | undefined;
  readonly previousRevision?: string | undefined;
  readonly purged: readonly string[];
  readonly steps: readonly StepTime[];
  readonly error?: { readonly code: ErrorCode; readonly message: string } | undefined;
  /** Name of the active revision, as far as it was read. */
  readonly active?: string | undefined;
  readonly revisions?: readonly RevisionRow[] | undefined;
  readonly lock?: LockHolder | undefined;
  /** In a dry run: what would be done. */
  readonly plan?: Plan | undefined;
}

export interface Result {
  readonly command: Command;
  readonly dryRun: boolean;
  readonly status: Status;
  readonly revision?: string | undefined;
  readonly previousRevision?: string | undefined;
  readonly targets: readonly TargetResult[];
  /** In a dry run: what would be done beside the targets' own plans. */
  readonly plan?: RunPlan | undefined;
}
