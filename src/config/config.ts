import type { Position } from '../errors.ts';
import type { EventName } from './events.ts';

/** Where to connect to: a target, or a hop on the way there. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** A link to what persists over revisions. */
export interface Symlink {
  /** Absolute path on the target of what the link points to. */
  readonly source: string;
  /** Path of the link inside the revision, relative to it, without `.` or `..`. */
  readonly path: string;
}

/** One server and the structure that Shipper maintains there. Paths are absolute POSIX paths without a final slash. */
export interface Target extends Address {
  /** What the log and the outputs call it; the host unless the config says otherwise. */
  readonly name: string;
  /** The chain of hops to go through, first hop first; empty for a direct connection. */
  readonly proxyJump: readonly Address[];
  /** A command on the runner that leads there instead. */
  readonly proxyCommand?: string;
  readonly activeSymlink: string;
  /** Absolute path of the directory that holds the revisions. */
  readonly revisions: string;
  /** Every directory to create, `revisions` among them. */
  readonly directories: readonly string[];
  readonly symlinks: readonly Symlink[];
}

/** What all listeners have: where the config has them. */
export interface ListenerOrigin {
  readonly event: EventName;
  /** Place in the event's list, from 0. */
  readonly index: number;
  /** Where the config says so; undefined when it came from the environment. */
  readonly at?: Position | undefined;
}

export interface ModuleListener extends ListenerOrigin {
  readonly kind: 'module';
  /** As written, `module.path.Class.method`. */
  readonly reference: string;
  /** `module/path`, relative to the workspace, without the file's extension. */
  readonly module: string;
  readonly className: string;
  readonly method: string;
}

export interface RunListener extends ListenerOrigin {
  readonly kind: 'run';
  readonly run: string;
  /** `runner`, or a pattern of target names or hosts; undefined means every target. */
  readonly on?: string | undefined;
  readonly once: boolean;
  /** Names of variables of the runner to hand over. */
  readonly env: readonly string[];
  /** Seconds; undefined means no limit. */
  readonly timeout?: number | undefined;
  readonly allowFailure: boolean;
}

export interface UploadListener extends ListenerOrigin {
  readonly kind: 'upload';
  readonly upload: string;
  readonly to: string;
  readonly exclude: readonly string[];
}

export type Listener = ModuleListener | RunListener | UploadListener;

/** How the targets switch, one wave after another. */
export interface Waves {
  /** How many targets each wave has, in the order of the targets; together they are all of them. */
  readonly sizes: readonly number[];
  /** Seconds between two waves. */
  readonly pause: number;
}

/** The whole configuration of a run, checked and resolved: nothing in it needs a second look. */
export interface Config {
  readonly targets: readonly Target[];
  /** Name for the new revision, where the config gives one. */
  readonly revision?: string | undefined;
  /** Completed revisions to keep besides the active one; at least 1. */
  readonly revisionsToKeep: number;
  readonly failOnSymlinkError: boolean;
  readonly relativeSymlinks: boolean;
  readonly rollbackOnFailure: boolean;
  readonly waves: Waves;
  /** Octal digits, such as `022`. */
  readonly umask: string;
  readonly sync: boolean;
  /** Absolute path on the target whose content is copied into each new revision. */
  readonly sourceDir?: string | undefined;
  readonly listeners: readonly Listener[];
}
