import type { Log } from '../log.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { Local } from './local.ts';

/** A target, as far as an upload needs it. */
export interface Destination {
  readonly target: {
    readonly name: string;
    readonly revisions: string;
    /** They took the places of what was uploaded to earlier revisions. */
    readonly symlinks: readonly { readonly path: string }[];
  };
  readonly connection: Connection | undefined;
  /** Name of the revision that is being made there. */
  readonly revision: string | undefined;
  /** Name of the revision that is active there: each target is compared with its own. */
  readonly previous: string | undefined;
  /** Absolute path on the target of the run's own directory. */
  readonly runDirectory: string;
  /** Ends the process group of the command with that id. */
  stop(id: string): void;
  /** One more connection, for a server that refuses a second channel; the caller ends it. */
  reconnect(): Promise<Connection>;
}

export interface DeliveryOptions {
  readonly destination: Destination;
  /** What there is to upload; it is read while the target is asked what it has. */
  readonly local: Promise<Local>;
  /** Unique in the run: a single word. */
  readonly id: string;
  readonly revision: string;
  /** Name of the revision to compare with; the target knows another where it has no manifest. */
  readonly previous: string | undefined;
  /** Name of the manifest among those of the revision. */
  readonly key: string;
  readonly umask: string;
  /** What lines of the log begin with. */
  readonly title: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}
