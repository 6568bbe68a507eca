/**
 * What Shipper hands to a module of yours. `npm install --save-dev --ignore-scripts github:org/shipper#v1` brings it;
 * without npm, copy this file. Import its types only: Node runs TypeScript by erasing types, so the word `type` is needed.
 *
 * ```ts
 * // deploy/hooks.ts, in shipper.json: "after:create_revision": ["deploy.hooks.Site.build"]
 * import type { Shipper } from 'shipper/shipper.d.ts';
 *
 * export class Site {
 *   readonly shipper: Shipper;
 *   constructor(shipper: Shipper) {
 *     this.shipper = shipper;
 *   }
 *   async build(): Promise<void> {
 *     await this.shipper.exec('npm', ['run', 'build']);
 *     await this.shipper.upload('dist');
 *   }
 * }
 * ```
 *
 * A class is constructed once per run, before anything is contacted; its methods are called in the order in which the
 * config lists them, and awaited. To fail the deploy, throw. A method may block its thread for as long as it needs.
 * Modules run in a process of their own: `process.exit()` fails the listener, and where a listener ended that process
 * or was cancelled, a later one (as in `on:error`) gets a new process with new instances.
 */
export interface Shipper {
  readonly command: Command;
  /** The event being dispatched; `on:start` while a class is constructed. */
  readonly event: EventName;
  /** The whole configuration, resolved and frozen. */
  readonly config: Config;
  /** The revision being made or switched to, as soon as its name is known. */
  readonly revision: Revision | undefined;
  /** The revision that was active when the run began, if there was one. */
  readonly previous: Revision | undefined;
  /** The targets that the event is about: those of the wave, else all of this run. */
  readonly targets: readonly Target[];
  /** Which wave of the fleet switches; 1 of 1 where an event is about all targets at once. */
  readonly wave: Wave;
  /** In `on:error`: why the run failed. */
  readonly error: Failure | undefined;
  /** In `on:error` and `after:completion`: how the run ended. */
  readonly outcome: Outcome | undefined;

  /**
   * Runs a command on the targets, under a non-interactive `sh -e` with an empty stdin, in the revision. Resolves with
   * one result per target; rejects if one of them ends with another exit status than 0, unless `allowFailure`.
   */
  run(command: string, options?: RunOptions): Promise<RunResult[]>;
  /** Puts a file or directory of the workspace into the new revision, on every target. */
  upload(from: string, options?: UploadOptions): Promise<void>;
  /**
   * Runs a program on the runner, in the workspace, without a shell and with an empty stdin. Its output is shown.
   * Rejects if it ends with another exit status than 0, unless `allowFailure`.
   */
  exec(program: string, args?: readonly string[], options?: ExecOptions): Promise<ExecResult>;

  readonly log: Log;
  /** Sets an output of the action's step. What is not a string is written as JSON. */
  setOutput(name: string, value: unknown): void;
  /** Adds Markdown to the summary of the job. */
  addSummary(markdown: string): void;
}

export type Command = 'deploy' | 'prepare' | 'activate' | 'rollback' | 'adopt' | 'status';

export type EventName =
  | 'on:start'
  | 'before:init_directories'
  | 'after:init_directories'
  | 'before:create_revision'
  | 'after:create_revision'
  | 'before:create_symlinks'
  | 'after:create_symlinks'
  | 'before:rollback'
  | 'before:link_current_revision'
  | 'after:link_current_revision'
  | 'after:rollback'
  | 'before:purge_old_revisions'
  | 'after:purge_old_revisions'
  | 'before:completion'
  | 'after:completion'
  | 'on:error';

/**
 * `failed`: nothing was switched; `returned`: switched, then put back; `unknown`: the connection was lost while
 * completing, and the truth could not be read back.
 */
export type Outcome = 'succeeded' | 'unchanged' | 'failed' | 'returned' | 'stayed' | 'cancelled' | 'unknown';

export type ErrorCode =
  | 'INPUT'
  | 'CONFIG'
  | 'KEY'
  | 'HOST_KEY'
  | 'CONNECT'
  | 'AUTH'
  | 'LOCKED'
  | 'TARGET'
  | 'LISTENER'
  | 'UPLOAD'
  | 'CANCELLED'
  | 'INTERNAL';

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface Revision {
  readonly name: string;
  /** Absolute path on the first target; on any other one it is `${target.revisions}/${name}`. */
  readonly path: string;
}

/** One of the waves in which a fleet switches. */
export interface Wave {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

export interface RunOptions {
  /** A pattern of target names or hosts, such as `web*`; every target without it. */
  readonly on?: string | undefined;
  /** Runs on the first of these targets only; once a run, so that a later wave gets no result. */
  readonly once?: boolean | undefined;
  /** Directory on the target, absolute or from the revision. */
  readonly cwd?: string | undefined;
  /** Variables for this command alone: names of variables of this process, or names with values. */
  readonly env?: readonly string[] | Readonly<Record<string, string>> | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
  readonly allowFailure?: boolean | undefined;
}

export interface RunResult {
  readonly host: string;
  /** Exit status. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface UploadOptions {
  /** Where in the revision; its root without it. */
  readonly to?: string | undefined;
  /** Patterns as in a `.gitignore`, on top of `.shipignore`. */
  readonly exclude?: readonly string[] | undefined;
}

export interface ExecOptions {
  /** Absolute, or from the workspace. */
  readonly cwd?: string | undefined;
  /** Variables on top of those of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly allowFailure?: boolean | undefined;
  /** Does not show the command and its output. */
  readonly silent?: boolean | undefined;
}

export interface ExecResult {
  /** Exit status. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `notice`, `warning` and `error` become annotations; none of them fails the run. */
export interface Log {
  debug(message: unknown): void;
  info(message: unknown): void;
  notice(message: unknown): void;
  warning(message: unknown): void;
  error(message: unknown): void;
}

/** Where to connect to: a target, or a hop on the way there. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** One server and the structure that Shipper maintains there. Paths are absolute. */
export interface Target extends Address {
  /** What the log and the outputs call it; the host unless the config says otherwise. */
  readonly name: string;
  /** The chain of hops to go through, first hop first. */
  readonly proxyJump: readonly Address[];
  /** A command on the runner that leads there instead. */
  readonly proxyCommand?: string;
  readonly activeSymlink: string;
  /** The directory that holds the revisions. */
  readonly revisions: string;
  /** Every directory that Shipper maintains, `revisions` among them. */
  readonly directories: readonly string[];
  readonly symlinks: readonly Symlink[];
}

/** A link to what persists over revisions. */
export interface Symlink {
  /** Absolute path of what the link points to. */
  readonly source: string;
  /** Path of the link inside the revision. */
  readonly path: string;
}

/** How the targets switch, one wave after another. */
export interface Waves {
  /** How many targets each wave has, in the order of the targets; together they are all of them. */
  readonly sizes: readonly number[];
  /** Seconds between two waves. */
  readonly pause: number;
}

export interface Config {
  readonly targets: readonly Target[];
  /** Name for the new revision, where the config gives one. */
  readonly revision?: string | undefined;
  /** How many completed revisions to keep besides the active one. */
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

export type Listener = ModuleListener | RunListener | UploadListener;

export interface ListenerOrigin {
  readonly event: EventName;
  /** Place in the event's list, from 0. */
  readonly index: number;
  /** Place in the config; undefined when it came from the environment. */
  readonly at?: Position | undefined;
}

/** A place in a file of the workspace; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ModuleListener extends ListenerOrigin {
  readonly kind: 'module';
  /** As written, `module.path.Class.method`. */
  readonly reference: string;
  /** `module/path`, without the file's extension. */
  readonly module: string;
  readonly className: string;
  readonly method: string;
}

export interface RunListener extends ListenerOrigin {
  readonly kind: 'run';
  readonly run: string;
  /** `runner`, or a pattern of target names or hosts. */
  readonly on?: string | undefined;
  readonly once: boolean;
  /** Names of variables of the runner that are handed over. */
  readonly env: readonly string[];
  /** Seconds. */
  readonly timeout?: number | undefined;
  readonly allowFailure: boolean;
}

export interface UploadListener extends ListenerOrigin {
  readonly kind: 'upload';
  readonly upload: string;
  readonly to: string;
  readonly exclude: readonly string[];
}
