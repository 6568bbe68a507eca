import type { PlannedListener, UploadChanges } from '../listeners/preview.ts';
import type { Commits } from './commits.ts';

/** A link to what persists. */
export interface PlannedLink {
  /** In the revision. */
  readonly path: string;
  readonly source: string;
  /** Whether the source is not there, and will not be. */
  readonly dangling: boolean;
  /** What stands there now: the very same, or another link, with its text, or something else. */
  readonly now?: 'same' | 'directory' | 'file' | { readonly link: string } | undefined;
  /** Whether what stands there is copied into the revision, and replaced. */
  readonly replaces: boolean;
}

/** What a command would do on one target, as far as that can be known without running a listener. */
export interface Plan {
  /** Nothing is to be done: it is on that revision already. */
  readonly unchanged: boolean;
  /** Absolute paths of directories to be created. */
  readonly directories: readonly string[];
  /** Absolute path of the revision to be created. */
  readonly creates?: string | undefined;
  /** Absolute path of what is copied into it. */
  readonly copies?: string | undefined;
  readonly links: readonly PlannedLink[];
  /** What all uploads of the config change, seen from the active revision. */
  readonly uploads?: UploadChanges | undefined;
  readonly switches?: { readonly link: string; readonly from?: string | undefined; readonly to: string } | undefined;
  readonly purges: readonly string[];
  /** Name of the revision that is marked bad. */
  readonly marksBad?: string | undefined;
  /** Name of the revision whose mark goes. */
  readonly clears?: string | undefined;
  readonly adopts?: { readonly revisions: readonly string[]; readonly order?: string | undefined } | undefined;
  readonly commits?: Commits | undefined;
  /** What could not be foreseen there; one sentence each. */
  readonly notes: readonly string[];
}

/** What a plan has for the whole run. */
export interface RunPlan {
  /** In the order in which they would be called. */
  readonly listeners: readonly PlannedListener[];
  /** Names of the targets of each wave, where there are several waves. */
  readonly waves: readonly (readonly string[])[];
  /** Seconds between two waves. */
  readonly pause: number;
  /** What could not be foreseen; one sentence each. */
  readonly notes: readonly string[];
}
