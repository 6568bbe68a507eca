import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, Listener, Target } from '../../src/config/config.ts';
import type { Command, EventName } from '../../src/config/events.ts';
import type { Result } from '../../src/deploy/result.ts';
import { type Limits, limits } from '../../src/deploy/patience.ts';
import { ship } from '../../src/deploy/ship.ts';
import type { Shipped } from '../../src/deploy/ship-options.ts';
import { deferred } from '../../src/deferred.ts';
import { Listeners } from '../../src/listeners/listeners.ts';
import type { RunLog } from '../../src/log.ts';
import type { Channel, Connection, Exit } from '../../src/ssh/connection-types.ts';
import { localConnection } from './local-connection.ts';
import { copySite } from './copied-site.ts';
import { silentLog } from './silent-log.ts';
import { temporaryDirectory } from './temporary.ts';

/** What becomes of a line that a target says: passed on as it is, or as others; or the connection goes there. */
export type Wire = (line: string, target: string) => readonly string[] | 'lost' | 'silent';

export interface LocalRun {
  readonly command?: Command;
  readonly revision?: string;
  readonly dryRun?: boolean;
  readonly config?: Partial<Config>;
  readonly listeners?: readonly Listener[];
  /** Stands between the targets and the runner. */
  readonly wire?: Wire;
  /** Whether a further connection to that target is refused. */
  readonly refuses?: (target: string) => boolean;
  readonly signal?: AbortSignal;
  /** Seconds that a target may be silent, instead of minutes. */
  readonly patience?: number;
}

export interface LocalOutcome extends Shipped {
  /** Lines of the log, each with its level before it. */
  readonly log: readonly string[];
  /** All results that were told on the way. */
  readonly told: readonly Result[];
}

export interface LocalFleet extends AsyncDisposable {
  readonly names: readonly string[];
  run(options?: LocalRun): Promise<LocalOutcome>;
  /** Where a target's structure is. */
  root(name: string): string;
  /** The active revision of each target; `-` without one. */
  active(): readonly string[];
  /** The revisions of a target. */
  revisions(name: string): readonly string[];
  journal(name: string): string;
  /** Resolves once no target has anything of a run any more; rejects with what is left after a minute. */
  atRest(): Promise<void>;
  /** Another fleet with the same on each target, or on the first so many. */
  copy(size?: number): Promise<LocalFleet>;
}

/** A `run` listener, as the config makes it. */
export function runListener(event: EventName, run: string, more: Partial<Listener & { kind: 'run' }> = {}): Listener {
  return { kind: 'run', event, index: 0, run, once: false, env: [], allowFailure: false, ...more };
}

let runs = 0;

/** A fleet without SSH: every target is a directory here, its script runs in local shells, in this process the run. */
export async function localFleet(size: number): Promise<LocalFleet> {
  const directory = await temporaryDirectory('fleet');
  const names = Array.from({ length: size }, (_, index) => `web${index + 1}`);
  const targets = names.map((name) => targetAt(join(directory.path, name), name));
  for (const name of names) mkdirSync(join(directory.path, name));
  const root = (name: string): string => join(directory.path, name);
  const left = (): readonly string[] => names.flatMap((name) => leftAt(root(name)));
  return {
    names,
    root,
    run: async (options = {}) => runOn(targets, directory.path, options),
    active: () => names.map((name) => activeAt(root(name))),
    revisions: (name) => list(join(root(name), 'revisions')).filter((each) => each !== '.shipper'),
    journal: (name) => readFileSync(join(root(name), 'revisions', '.shipper', 'journal'), 'utf8'),
    atRest: async () => {
      for (let tries = 0; tries < 2400 && left().length > 0; tries += 1) await sleep(25);
      if (left().length > 0) throw new Error(`left: ${left().join(', ')}`);
    },
    copy: async (some = size) => {
      const copied = await localFleet(some);
      for (const name of copied.names) await copySite(root(name), copied.root(name));
      return copied;
    },
    [Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose](),
  };
}

/** A target that is a directory here. */
export function targetAt(root: string, name: string): Target {
  return {
    ...{ name, host: `${name}.example.com`, port: 22, user: 'me', proxyJump: [], symlinks: [] },
    activeSymlink: `${root}/current`,
    revisions: `${root}/revisions`,
    directories: [`${root}/revisions`],
  };
}

async function runOn(targets: readonly Target[], home: string, options: LocalRun): Promise<LocalOutcome> {
  const { command = 'deploy', revision = '', dryRun = false, wire, refuses, listeners = [] } = options;
  const lines: string[] = [];
  const told: Result[] = [];
  const log = linesTo(lines);
  const config: Config = {
    ...{ targets, revisionsToKeep: 2, failOnSymlinkError: false, relativeSymlinks: false, rollbackOnFailure: true },
    ...{ umask: '022', sync: false, listeners, waves: { sizes: [targets.length], pause: 0 } },
    ...options.config,
  };
  const { signal = new AbortController().signal } = options;
  const nothing = (): void => undefined;
  const loaded = await Listeners.load({
    ...{ command, config, workspace: home, env: process.env, log, signal },
    ...{ setOutput: nothing, addSummary: nothing },
  });
  const shipped = await ship({
    facts: {
      ...{ command, config, revision, epoch: 1234567890, lockTimeout: 10 },
      audit: { actor: 'someone', commit: '0123456', runUrl: 'https://ci.example/1', runner: 'here' },
    },
    ...{ dryRun, id: `local${(runs += 1)}`, concurrency: 50, listeners: loaded, workspace: home, log, signal },
    ...(options.patience === undefined ? {} : { limits: allLimits(options.patience) }),
    connect: async (target) => {
      if (refuses?.(target.name) === true) return Promise.reject(new Error('refused'));
      return Promise.resolve(throughWire(localConnection(process.env['PATH'] ?? '', home), target.name, wire));
    },
    onResult: (result) => void told.push(result),
  });
  return { ...shipped, log: lines, told };
}

function allLimits(seconds: number): Limits {
  return Object.fromEntries(Object.keys(limits).map((work) => [work, seconds])) as unknown as Limits;
}

function linesTo(lines: string[]): RunLog {
  const at =
    (level: string) =>
    (text: string): undefined =>
      void lines.push(`${level}: ${text}`);
  return {
    ...silentLog,
    ...{ info: at('info'), notice: at('notice'), warning: at('warning'), error: at('error'), output: at('output') },
    group: (title) => {
      lines.push(`group: ${title}`);
      return { end: (outcome = 'done') => void lines.push(`${outcome}: ${title}`) };
    },
  };
}

function throughWire(connection: Connection, target: string, wire: Wire | undefined): Connection {
  if (wire === undefined) return connection;
  return {
    ...connection,
    exec: async (command) => tapped(await connection.exec(command), (line) => wire(line, target)),
  };
}

/** A channel whose lines pass through `wire`. */
function tapped(channel: Channel, wire: (line: string) => ReturnType<Wire>): Channel {
  const stdout = new PassThrough();
  const exit = deferred<Exit>();
  const closed = deferred();
  let rest = '';
  let state: 'open' | 'lost' | 'silent' = 'open';
  channel.stdout.on('data', (data: Buffer) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (state !== 'open') return;
      const passed = wire(line);
      if (typeof passed === 'string') state = passed;
      else for (const each of passed) stdout.write(`${each}\n`);
      if (state === 'lost') {
        channel.stdin.destroy();
        stdout.end();
        exit.resolve({ code: undefined, signal: undefined });
        closed.resolve();
      }
    }
  });
  void channel.closed.then(() => {
    stdout.end();
    closed.resolve();
  });
  void channel.exit.then(exit.resolve);
  return {
    ...channel,
    stdin: channel.stdin,
    stdout,
    stderr: channel.stderr,
    exit: exit.promise,
    closed: closed.promise,
    freed: closed.promise,
  };
}

const list = (directory: string): string[] => {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
};

function activeAt(root: string): string {
  return list(root).includes('current') ? (readlinkSync(join(root, 'current')).split('/').pop() ?? '') : '-';
}

function leftAt(root: string): readonly string[] {
  const runs = join(root, 'revisions', '.shipper', 'runs');
  // What is on its way out was cut off by the end of a run; the next one sweeps it.
  const own = list(runs).filter((name) => !name.startsWith('gone-'));
  return [...own.map((name) => join(runs, name)), ...list(root).filter((name) => name.startsWith('.shipper'))];
}
