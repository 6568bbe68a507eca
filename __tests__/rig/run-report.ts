/** How a run, or one target of it, ended. */
export type Status = 'succeeded' | 'unchanged' | 'failed' | 'returned' | 'stayed' | 'cancelled' | 'unknown';

export interface ReportedRevision {
  readonly name: string;
  readonly state: string;
  readonly createdAt?: string | null;
  readonly activatedAt?: string | null;
  readonly actor?: string | null;
  readonly commit?: string | null;
  readonly run?: string | null;
}

export interface ReportedTarget {
  readonly host: string;
  readonly name: string;
  readonly wave?: { readonly number: number; readonly of: number; readonly beganAt?: string };
  readonly status: Status;
  readonly revisionPath?: string | null;
  readonly previousRevision?: string | null;
  readonly purged: readonly string[];
  readonly steps: readonly { readonly name: string; readonly milliseconds: number }[];
  readonly error?: { readonly code: string; readonly message: string };
  readonly active?: string | null;
  readonly revisions?: readonly ReportedRevision[];
  readonly lock?: unknown;
}

/** The output `result`, as the contract has it: written down anew here, so that a change of it is seen. */
export interface RunReport {
  readonly command: string;
  readonly dryRun: boolean;
  readonly status: Status;
  readonly revision?: string | null;
  readonly previousRevision?: string | null;
  readonly targets: readonly ReportedTarget[];
}
