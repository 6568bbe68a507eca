import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Listener, RunListener, Target } from '../../src/config/config.ts';
import { Listeners } from '../../src/listeners/listeners.ts';
import type { Place, Scene } from '../../src/listeners/scene.ts';
import type { RunLog } from '../../src/log.ts';
import { configWith, target } from '../modules/fixture.ts';
import { localConnection } from '../rig/local-connection.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

/** Targets that are this machine, and listeners to be called on them without a run around. */
export interface Stand extends AsyncDisposable {
  readonly places: readonly Place[];
  /** What the log was told, each line with its level. */
  readonly told: string[];
  dispatch(scene: Partial<Scene>): Promise<void>;
}

/** A `run` as the config gives it. */
export function runs(index: number, run: string, more: Partial<RunListener> = {}): RunListener {
  return {
    kind: 'run',
    event: 'after:link_current_revision',
    index,
    at: { file: 'shipper.json', line: 3 + index, column: 7 },
    run,
    once: false,
    env: [],
    allowFailure: false,
    ...more,
  };
}

export async function standFor(names: readonly string[], listeners: readonly Listener[]): Promise<Stand> {
  const directory = await temporaryDirectory('stand');
  const targets = names.map((name) => ({ ...target, name, host: name }));
  const places = targets.map((each) => placeOf(each, directory.path));
  const config: Config = { ...configWith([]), targets, listeners };
  const told: string[] = [];
  const made = await Listeners.load({
    command: 'deploy',
    config,
    workspace: directory.path,
    env: { PATH: process.env['PATH'] },
    log: noting(told),
    setOutput: () => undefined,
    addSummary: () => undefined,
    signal: new AbortController().signal,
  });
  return {
    places,
    told,
    dispatch: async (scene) =>
      made.dispatch({
        command: 'deploy',
        event: 'after:link_current_revision',
        places,
        revision: 'v2',
        previous: 'v1',
        made: false,
        signal: new AbortController().signal,
        ...scene,
      }),
    [Symbol.asyncDispose]: async () => {
      await made.end();
      await directory[Symbol.asyncDispose]();
    },
  };
}

function placeOf(own: Target, home: string): Place {
  const runDirectory = join(home, own.name);
  mkdirSync(join(runDirectory, 'commands'), { recursive: true });
  const connection = localConnection(process.env['PATH'] ?? '', home);
  return {
    target: own,
    connection,
    runDirectory,
    revision: 'v2',
    previous: 'v1',
    lost: false,
    stop: () => undefined,
    reconnect: async () => Promise.resolve(connection),
  };
}

function noting(told: string[]): RunLog {
  const note = (level: string) => (message: string) => void told.push(`${level} ${message}`);
  return {
    debug: note('debug'),
    info: note('info'),
    notice: note('notice'),
    warning: note('warning'),
    error: note('error'),
    output: (text) => {
      for (const line of text.trimEnd().split('\n')) told.push(`output ${line}`);
      return undefined;
    },
    step: () => undefined,
    group: (title) => {
      told.push(`group ${title}`);
      return { end: (outcome = 'done') => void told.push(outcome) };
    },
  };
}
