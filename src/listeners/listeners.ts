import type { Config, Listener, Target, UploadListener } from '../config/config.ts';
import { type Command, type EventName, eventNames, events } from '../config/events.ts';
import { nameListener } from '../config/name-listener.ts';
import { matchesTarget } from '../config/pattern.ts';
import { asShipperError, type Problem, ShipperError } from '../errors.ts';
import type { RunLog } from '../log.ts';
import { ModuleHost } from '../modules/runner/module-host.ts';
import { Local } from '../upload/local.ts';
import { callListener } from './kinds.ts';
import { Once } from './once.ts';
import { Preview } from './preview.ts';
import { type Scene, titleOf } from './scene.ts';
import type { Stage } from './stage.ts';

/** What listeners need of the run that they belong to. */
export interface ListenersOptions {
  readonly command: Command;
  readonly config: Config;
  /** Absolute path on the runner. */
  readonly workspace: string;
  /** The runner's variables, free of inputs and secrets. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: RunLog;
  readonly setOutput: (name: string, value: string) => void;
  readonly addSummary: (markdown: string) => void;
  /** Ends the loading of modules. */
  readonly signal: AbortSignal;
}

/** What the user attached to the events of one command, ready to be called. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #listeners: readonly Listener[];
  readonly #stage: Stage;
  readonly #ahead = new Map<UploadListener, Promise<Local>>();

  private constructor(options: ListenersOptions, listeners: readonly Listener[], modules: ModuleHost | undefined) {
    const { config, workspace, env, log } = options;
    this.#options = options;
    this.#listeners = listeners;
    this.#stage = { config, workspace, env, log, modules, once: new Once(), ahead: this.#ahead };
  }

  /** Loads every module of the events that the command dispatches, and checks what can be checked before any contact. */
  static async load(options: ListenersOptions): Promise<Listeners> {
    const { command, config, env } = options;
    const own = config.listeners.filter(({ event }) => (events[event] as readonly Command[]).includes(command));
    const problems = own.flatMap((listener) => missingVariables(listener, env));
    if (problems.length > 0) throw new ShipperError('CONFIG', problems);
    return new Listeners(options, own, await loadModules(options, own));
  }

  listensTo(event: EventName): boolean {
    return this.#listeners.some((listener) => listener.event === event);
  }

  /** What they would do, for a dry run. */
  get preview(): Preview {
    const { workspace, config, signal } = this.#options;
    return new Preview(this.#listeners, { workspace, umask: config.umask, signal });
  }

  /** The commands that a target has to run by itself when it goes back alone. */
  commandsAfterSwitch(target: Target): readonly string[] {
    return this.#listeners.flatMap((listener) => {
      if (listener.event !== 'after:link_current_revision' || listener.kind !== 'run') return [];
      const { run, on, once } = listener;
      if (on === 'runner') return [];
      const fitting = this.#options.config.targets.filter((each) => on === undefined || matchesTarget(on, each));
      return (once ? fitting.slice(0, 1) : fitting).includes(target) ? [run] : [];
    });
  }

  /**
   * Calls the listeners of an event one after another. Rejects with the first failure, which names its listener. Where
   * targets go back, all are called, and each failure is a warning: a service that is not restarted would go on with
   * the version that was taken away.
   */
  async dispatch(scene: Scene): Promise<void> {
    const own = this.#listeners.filter(({ event }) => event === scene.event);
    if (own.length === 0) return;
    const group = this.#options.log.group(titleOf(scene));
    let outcome: 'done' | 'failed' = 'done';
    try {
      for (const listener of own) {
        if (scene.signal.aborted) throw new ShipperError('CANCELLED', `${scene.event}: the run was cancelled.`);
        if (!(await this.#call(listener, scene))) outcome = 'failed';
      }
      group.end(outcome);
    } catch (error) {
      group.end('failed');
      throw error;
    }
  }

  /** Whether it succeeded; rejects where a failure counts. */
  async #call(listener: Listener, scene: Scene): Promise<boolean> {
    try {
      await callListener(listener, scene, this.#stage);
      return true;
    } catch (error) {
      if (scene.back !== true || scene.signal.aborted) throw error;
      this.#options.log.warning(asShipperError(error).message);
      return false;
    }
  }

  /** Starts to read what is to be uploaded first, if no listener is called before that could still change it. */
  readAhead(): void {
    const { workspace, config, signal } = this.#options;
    const [listener] = eventNames.flatMap((name) => this.#listeners.filter(({ event }) => event === name));
    if (listener?.kind !== 'upload') return;
    const { upload: from, to, exclude } = listener;
    const read = Local.read({ workspace, from, to, exclude, umask: config.umask, signal });
    const local = read.then((found) => found.packAhead());
    local.catch(() => undefined); // The upload itself says what is wrong.
    this.#ahead.set(listener, local);
  }

  /** Lets the modules' process end. */
  async end(): Promise<void> {
    for (const local of this.#ahead.values()) {
      void local.then(
        (read) => read.end(),
        () => undefined,
      );
    }
    await this.#stage.modules?.end();
  }

  /** Ends the modules' process, and what it started, at once. */
  kill(): void {
    this.#stage.modules?.kill();
  }
}

async function loadModules(options: ListenersOptions, own: readonly Listener[]): Promise<ModuleHost | undefined> {
  const { command, config, workspace, env, log, setOutput, addSummary, signal } = options;
  const listeners = own.filter((listener) => listener.kind === 'module');
  if (listeners.length === 0) return undefined;
  // Once they are loaded, a cancelled run still needs modules: for `on:error`.
  const loading = new AbortController();
  const stop = (): void => loading.abort();
  signal.addEventListener('abort', stop);
  return ModuleHost.start({
    signal: loading.signal,
    listeners,
    workspace,
    env,
    context: { command, config },
    services: { log, setOutput, addSummary },
  }).finally(() => signal.removeEventListener('abort', stop));
}

function missingVariables(listener: Listener, env: NodeJS.ProcessEnv): Problem[] {
  if (listener.kind !== 'run') return [];
  return listener.env
    .filter((name) => !Object.hasOwn(env, name))
    .map((name) => ({
      message: `${nameListener(listener)}: the variable ${name} of "env" is not set on the runner: set it by \`env:\` of the step (in a terminal: export it, or run no listeners by --no-listeners)`,
      at: listener.at,
    }));
}
