import { mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Target } from '../../src/config/config.ts';
import type { Command } from '../../src/config/events.ts';
import type { Work } from '../../src/deploy/timeline.ts';
import type { Fact } from '../../src/remote/frame.ts';
import { Session } from '../../src/remote/session.ts';
import { setupOf } from '../../src/remote/setup.ts';
import { localConnection, pathFor, type Shell } from './local-connection.ts';
import { silentLog } from './silent-log.ts';
import { temporaryDirectory } from './temporary.ts';

export interface Steps {
  readonly command?: Command;
  readonly revision?: string;
  readonly work?: readonly Work[];
  readonly config?: Partial<Config>;
  readonly target?: Partial<Target>;
  readonly token?: string;
  /** A command that only the target knows. */
  readonly goal?: string;
  readonly lockTimeout?: number;
  /** Seconds, instead of the forty of a real run. */
  readonly lease?: number;
  /** Milliseconds between beats, instead of five seconds. */
  readonly beat?: number;
  /** Whether the run finds the shims before the tools. */
  readonly shimmed?: boolean;
  /** The whole PATH, instead of that of this machine. */
  readonly path?: string;
  /** Commands that the target runs when it goes back alone. */
  readonly again?: readonly string[];
}

/** All the work of each command, as it travels without listeners. */
export const whole = {
  deploy: [
    ...([
      'preflight',
      'lock',
      'init_directories',
      'create_revision',
      'create_symlinks',
      'link_current_revision',
    ] as const),
    ...(['purge_old_revisions', 'complete', 'unlock'] as const),
  ],
  prepare: ['preflight', 'lock', 'init_directories', 'create_revision', 'create_symlinks', 'complete', 'unlock'],
  activate: ['preflight', 'lock', 'choose', 'link_current_revision', 'purge_old_revisions', 'complete', 'unlock'],
  rollback: ['preflight', 'lock', 'choose', 'link_current_revision', 'complete', 'unlock'],
  adopt: ['preflight', 'lock', 'init_directories', 'adopt', 'unlock'],
  status: ['inspect'],
} satisfies Record<Command, readonly Work[]>;

export interface ScriptRun {
  readonly session: Session;
  readonly facts: readonly Fact[];
  readonly token: string;
  readonly connection: ReturnType<typeof localConnection>;
  /** The values of every fact of that kind. */
  readonly of: (kind: string) => readonly (readonly string[])[];
}

export interface ScriptTarget extends AsyncDisposable {
  /** Where the structure is. */
  readonly root: string;
  readonly target: Target;
  /** The home directory of the target's user. */
  readonly home: string;
  /** A session that has not begun, and the facts that it tells. */
  session(steps?: Steps): ScriptRun;
  /** A whole command in one message, as without listeners; put back where it fails. */
  perform(command: Command, revision?: string, steps?: Steps): Promise<ScriptRun>;
  /** A tool that first does something else. */
  shim(tool: string, script: string): void;
  /** Name of the active revision, by the disk; undefined without an active symlink. */
  active(): string | undefined;
  revisions(): readonly string[];
  /** What stands in Shipper's own directory. */
  states(): readonly string[];
  journal(): string;
}

let runs = 0;

/** The target's script under one shell on this machine, spoken with as a run does, but without SSH. */
export async function scriptTarget(shell: Shell): Promise<ScriptTarget> {
  const directory = await temporaryDirectory('script');
  const path = await pathFor(shell, directory.path);
  const root = join(directory.path, 'site');
  const shims = join(directory.path, 'shims');
  const target: Target = {
    name: 'here',
    host: 'localhost',
    port: 22,
    user: 'me',
    proxyJump: [],
    activeSymlink: `${root}/current`,
    revisions: `${root}/revisions`,
    directories: [`${root}/revisions`],
    symlinks: [],
  };
  const config: Config = {
    targets: [target],
    revisionsToKeep: 2,
    failOnSymlinkError: false,
    relativeSymlinks: false,
    rollbackOnFailure: true,
    waves: { sizes: [1], pause: 0 },
    umask: '022',
    sync: false,
    listeners: [],
  };

  const connections: { readonly pids: readonly number[] }[] = [];
  const session = (steps: Steps = {}): ScriptRun => {
    const facts: Fact[] = [];
    const found = steps.path ?? (steps.shimmed === true ? `${shims}:${path}` : path);
    const connection = localConnection(found, directory.path);
    connections.push(connection);
    const token = steps.token ?? `run-test${(runs += 1)}`;
    const audit = { actor: 'someone', commit: '0123456', runUrl: 'https://ci.example/1', runner: 'here' };
    const { command = 'deploy', revision = '', lockTimeout = 10 } = steps;
    const setup = setupOf(
      { command, revision, config: { ...config, ...steps.config }, epoch: 1234567890, audit, lockTimeout },
      { ...target, ...steps.target },
      token,
      connection.keyFingerprint,
      steps.again ?? [],
    );
    const lease = steps.lease === undefined ? [] : ['lease', String(steps.lease)];
    const goal = steps.goal === undefined ? [] : ['goal', steps.goal];
    const onFact = (fact: Fact): void => void facts.push(fact);
    const made = new Session({
      connection,
      name: 'here',
      setup: { ...setup, words: [...setup.words, ...lease, ...goal] },
      onFact,
      log: silentLog,
      beat: steps.beat ?? 5000,
    });
    return { session: made, facts, token, connection, of: (kind: string) => valuesOf(facts, kind) };
  };

  const perform = async (command: Command, revision = '', steps: Steps = {}): Promise<ScriptRun> => {
    const run = session({ ...steps, command, revision });
    try {
      await run.session.perform(steps.work ?? whole[command], { last: true });
    } catch (error) {
      const back = run.session.open ? ['go_back', 'discard', 'unlock'] : [];
      if (back.length > 0)
        await run.session.perform(back, { last: true }).catch((cause: unknown) => {
          throw new AggregateError([error, cause], `${String(error)}; then ${String(cause)}`);
        });
      throw error;
    }
    return run;
  };

  return {
    root,
    target,
    session,
    perform,
    home: directory.path,
    shim(tool: string, script: string): void {
      mkdirSync(shims, { recursive: true });
      writeFileSync(join(shims, tool), `#!/bin/sh\n${script}\nPATH='${path}' exec ${tool} "$@"\n`, { mode: 0o755 });
    },
    active: () =>
      readdirSync(root).includes('current') ? readlinkSync(`${root}/current`).split('/').pop() : undefined,
    revisions: () =>
      readdirSync(`${root}/revisions`)
        .filter((name) => name !== '.shipper')
        .sort(),
    states: () => readdirSync(`${root}/revisions/.shipper`).sort(),
    journal: () => readFileSync(`${root}/revisions/.shipper/journal`, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      // What a test that failed has left running would keep its process alive, and use files that are gone.
      for (const { pids } of connections) for (const pid of pids) endGroup(pid);
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Kills a process group, if it is still there. */
export function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    return; // It is gone.
  }
}

function valuesOf(facts: readonly Fact[], kind: string): readonly (readonly string[])[] {
  return facts.filter((fact) => fact.kind === kind).map(({ values }) => values);
}
