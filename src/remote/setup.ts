import { posix } from 'node:path';
import type { Config, Symlink, Target } from '../config/config.ts';
import type { Command } from '../config/events.ts';

/** Who runs, for the journal and for those who wait for the lock; an unknown part is `-`. */
export interface Audit {
  readonly actor: string;
  readonly commit: string;
  readonly runUrl: string;
  /** Name of the machine that deploys. */
  readonly runner: string;
}

/** What every session of a run has in common. */
export interface RunFacts {
  readonly command: Command;
  readonly config: Config;
  /** Name of the new revision, or of the one to go to; empty where the target chooses. */
  readonly revision: string;
  /** Start of the run in seconds since 1970: what a taken name gets as its ending. */
  readonly epoch: number;
  readonly audit: Audit;
  /** Seconds to wait for the lock. */
  readonly lockTimeout: number;
}

/** Seconds without a beat after which a target counts its runner as dead. */
export const leaseSeconds = 40;

/** The text of a link at `from` (a directory) to `to`: absolute, or relative for jails and containers. */
function linkText(config: Config, from: string, to: string): string {
  return config.relativeSymlinks ? posix.relative(from, to) : to;
}

/** The text that a link to what persists gets. */
export function textOfSymlink(config: Config, { revisions }: Target, { source, path }: Symlink): string {
  // How deep the link lies is known, the revision's name not yet: any name of a revision does.
  return linkText(config, posix.dirname(posix.join(revisions, 'name', path)), source);
}

/** All that a target has to know of the run. */
export interface Setup {
  /** The words of the first frame, up to its first steps. */
  readonly words: readonly string[];
  /** More words of it, for nobody else to read: they travel on stdin, since every user sees the command line. */
  readonly hidden: readonly string[];
}

/** What a session's first frame says, up to its first steps. `again`: commands to run if the target goes back alone. */
export function setupOf(
  run: RunFacts,
  target: Target,
  token: string,
  key: string | undefined,
  again: readonly string[],
): Setup {
  const { config, audit } = run;
  const home = posix.dirname(target.activeSymlink);
  const values = {
    token,
    goal: run.command,
    host: target.name,
    revisions: target.revisions,
    active_symlink: target.activeSymlink,
    revisions_text: linkText(config, home, target.revisions),
    revision: run.revision,
    epoch: String(run.epoch),
    umask: config.umask,
    lease: String(leaseSeconds),
    lock_timeout: String(run.lockTimeout),
    revisions_to_keep: String(config.revisionsToKeep),
    fail_on_symlink_error: String(config.failOnSymlinkError),
    relative_symlinks: String(config.relativeSymlinks),
    sync: String(config.sync),
    source_dir: config.sourceDir ?? '',
  };
  const words = [
    'run',
    ...Object.entries(values).flat(),
    ...['audit', audit.actor, audit.commit, audit.runUrl, run.command, audit.runner, key ?? '-'],
    ...target.directories.flatMap((directory) => ['directory', directory]),
    ...target.symlinks.flatMap((symlink) => ['link', textOfSymlink(config, target, symlink), symlink.path]),
  ];
  return { words, hidden: again.flatMap((command) => ['again', command]) };
}
