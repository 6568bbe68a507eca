import type { Config, Listener, RunListener } from '../config/config.ts';
import { type Command, type EventName, eventNames, events, uploadEvents } from '../config/events.ts';
import { asShipperError, type Problem, ShipperError } from '../errors.ts';
import type { RunLog } from '../log.ts';
import { matchesTarget } from '../config/pattern.ts';
import type { Target } from '../config/config.ts';
import { Local } from '../upload/local.ts';
import { upload } from '../upload/upload.ts';
import { ModuleHost } from './modules/module-host.ts';
import { nameListener } from './modules/name-listener.ts';
import { runOnRunner } from './run-on-runner.ts';
import { runOnTargets } from './run-on-targets.ts';
import { commandVariables, namesOn, revisionOn, type Scene } from './scene.ts';

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
  #modules: ModuleHost | undefined;
  #scene: Scene | undefined;
  #ahead: { readonly listener: Listener; readonly local: Promise<Local> } | undefined;

  private constructor(options: ListenersOptions, listeners: readonly Listener[]) {
    this.#options = options;
    this.#listeners = listeners;
  }

  /** Loads every module of the events that the command dispatches, and checks what can be checked before any contact. */
  static async load(options: ListenersOptions): Promise<Listeners> {
    const { command, config, env } = options;
    const own = config.listeners.filter(({ event }) => (events[event] as readonly Command[]).includes(command));
    const problems = own.flatMap((listener) => missingVariables(listener, env));
    if (problems.length > 0) throw new ShipperError('CONFIG', problems);
    const result = new Listeners(options, own);
    await result.#loadModules();
    return result;
  }

  listensTo(event: EventName): boolean {
    return this.#listeners.some((listener) => listener.event === event);
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

  /** Calls the listeners of an event one after another. Rejects with the first failure, which names its listener. */
  async dispatch(scene: Scene): Promise<void> {
    const { log } = this.#options;
    const own = this.#listeners.filter(({ event }) => event === scene.event);
    if (own.length === 0) return;
    const group = log.group(scene.event);
    this.#scene = scene;
    try {
      for (const listener of own) {
        if (scene.signal.aborted) throw new ShipperError('CANCELLED', `${scene.event}: the run was cancelled`);
        await this.#call(listener, scene);
      }
      group.end();
    } catch (error) {
      group.end('failed');
      throw error;
    } finally {
      if (this.#scene === scene) this.#scene = undefined;
    }
  }

  /** Starts to read what is to be uploaded first, if no listener is called before that could still change it. */
  readAhead(): void {
    const { workspace, config, signal } = this.#options;
    const [listener] = eventNames.flatMap((name) => this.#listeners.filter(({ event }) => event === name));
    if (listener?.kind !== 'upload') return;
    const { upload: from, to, exclude } = listener;
    const local = Local.read({ workspace, from, to, exclude, umask: config.umask, signal });
    this.#ahead = { listener, local: local.then((read) => read.packAhead()) };
    this.#ahead.local.catch(() => undefined); // The upload itself says what is wrong.
  }

  /** Lets the modules' process end. */
  async end(): Promise<void> {
    void this.#ahead?.local.then(
      (local) => local.end(),
      () => undefined,
    );
    await this.#modules?.end();
  }

  /** Ends the modules' process, and what it started, at once. */
  kill(): void {
    this.#modules?.kill();
  }

  async #loadModules(): Promise<void> {
    const { command, config, workspace, env, log, setOutput, addSummary, signal } = this.#options;
    const listeners = this.#listeners.filter((listener) => listener.kind === 'module');
    if (listeners.length === 0) return;
    // Once they are loaded, a cancelled run still needs modules: for `on:error`.
    const loading = new AbortController();
    const stop = (): void => loading.abort();
    signal.addEventListener('abort', stop);
    this.#modules = await ModuleHost.start({
      signal: loading.signal,
      listeners,
      workspace,
      env,
      context: { command, config },
      services: {
        log,
        setOutput,
        addSummary,
        run: async (text, options) => {
          log.info(`$ ${text}`);
          return runOnTargets(this.#now(), { command: text, ...options }, config.umask, log);
        },
        upload: async (from, options) => this.#upload(from, options),
      },
    }).finally(() => signal.removeEventListener('abort', stop));
  }

  #now(): Scene {
    if (this.#scene === undefined) throw new ShipperError('LISTENER', 'targets can be used only while a listener runs');
    return this.#scene;
  }

  async #call(listener: Listener, scene: Scene): Promise<void> {
    switch (listener.kind) {
      case 'module': {
        const [first] = scene.places;
        const { event, error, outcome } = scene;
        const { revision, previous } = namesOn(scene, first);
        await this.#modules?.call(listener, {
          event,
          error,
          outcome,
          targets: scene.places.map((place) => place.target),
          revision: revisionOn(first?.target, revision),
          previous: revisionOn(first?.target, previous),
        });
        return;
      }
      case 'run':
        return this.#run(listener, scene);
      case 'upload':
        try {
          await this.#upload(
            listener.upload,
            listener,
            this.#ahead?.listener === listener ? this.#ahead.local : undefined,
          );
        } catch (error) {
          const { code, message, target } = asShipperError(error);
          const facts = { target, at: listener.at, step: scene.event, cause: error };
          throw new ShipperError(code, `${nameListener(listener)} failed: ${message}`, facts);
        }
    }
  }

  async #upload(
    from: string,
    { to, exclude }: { readonly to: string; readonly exclude: readonly string[] },
    local?: Promise<Local>,
  ) {
    const { workspace, config, log } = this.#options;
    const { places, event, revision, previous, signal } = this.#now();
    if (revision === undefined || !uploadEvents.includes(event)) {
      throw new ShipperError('UPLOAD', `there is no new revision to upload to in ${event}`, { step: event });
    }
    const { umask } = config;
    await upload({ destinations: places, local, workspace, from, to, exclude, revision, previous, umask, log, signal });
  }

  async #run(listener: RunListener, scene: Scene): Promise<void> {
    const { log, workspace, env, config } = this.#options;
    const { signal } = scene;
    const { on: pattern } = listener;
    if (
      pattern !== undefined &&
      pattern !== 'runner' &&
      !scene.places.some(({ target }) => matchesTarget(pattern, target))
    ) {
      log.info(`(for ${pattern}, of which there is none here) ${listener.run}`);
      return;
    }
    log.info(`$ ${listener.run}`);
    const [first] = scene.places;
    if (listener.on === 'runner') {
      const hosts = scene.places.map(({ target }) => target.name).join(',');
      const variables = { ...commandVariables(scene, first), SHIPPER_HOSTS: hosts };
      await runOnRunner({ listener, workspace, env, variables, log, signal });
      return;
    }
    const { run: command, on, once, timeout, allowFailure } = listener;
    const forwarded = Object.fromEntries(listener.env.map((name) => [name, env[name] ?? '']));
    try {
      await runOnTargets(
        scene,
        { command, on, once, cwd: undefined, env: forwarded, timeout, allowFailure },
        config.umask,
        log,
      );
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ShipperError('LISTENER', `${nameListener(listener)} failed ${reason}`, {
        target: asShipperError(cause).target,
        at: listener.at,
        step: scene.event,
        cause,
      });
    }
  }
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
