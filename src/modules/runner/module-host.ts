import { realpathSync } from 'node:fs';
import type { ModuleListener } from '../../config/config.ts';
import { type Problem, ShipperError } from '../../errors.ts';
import type { Ending } from './host-process.ts';
import { type Located, locateModules } from './locate.ts';
import type { LoadProblem } from '../messages.ts';
import { nameListener } from '../../config/name-listener.ts';
import type { ListenerServices, ModuleContext, ModuleServices, ModuleState } from '../services.ts';
import { type CallOutcome, Lifetime } from './lifetime.ts';

export interface ModuleHostOptions {
  /** All module listeners that the command may call. */
  readonly listeners: readonly ModuleListener[];
  readonly workspace: string;
  readonly context: ModuleContext;
  readonly services: ModuleServices;
  /** What the modules find in `process.env`; inputs (`INPUT_*`) are left out here. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** The file that is started for the modules; it has to call `hostModules()` where `isModuleHost()` says so. */
  readonly entry?: string | undefined;
  /** Does what `kill()` does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The user's modules, in a process of their own: a listener may block its thread, exit or crash, and be ended with
 * everything that it started, while the run goes on. It keeps the run's process alive until `end()` or `kill()`.
 */
export class ModuleHost {
  readonly #options: ModuleHostOptions;
  readonly #workspace: string;
  readonly #located: Located;
  readonly #abort = (): void => this.kill();
  #lifetime: Lifetime | undefined;

  private constructor(options: ModuleHostOptions) {
    this.#options = options;
    this.#workspace = realpathSync(options.workspace);
    this.#located = locateModules(options.listeners, this.#workspace);
    options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /**
   * Finds and loads every module and constructs every class. Rejects with CONFIG and everything that is wrong with any
   * of them, or with CANCELLED.
   */
  static async start(options: ModuleHostOptions): Promise<ModuleHost> {
    const host = new ModuleHost(options);
    try {
      if (options.signal?.aborted === true) throw cancelled('The modules were not loaded');
      await host.#open();
      return host;
    } catch (error) {
      await host.end();
      throw error;
    }
  }

  /**
   * Calls a listener and waits for it and for all that it asked of the run. Rejects with LISTENER, or CANCELLED when
   * `kill()` ended it. Where the process of the modules is gone, a new one is started: after a listener that crashed or
   * was cancelled, those of `on:error` can still tell about it. One call at a time.
   */
  async call(listener: ModuleListener, state: ModuleState, serves: ListenerServices): Promise<void> {
    const number = this.#options.listeners.findIndex(
      ({ event, index }) => event === listener.event && index === listener.index,
    );
    if (number < 0) throw new ShipperError('INTERNAL', `${nameListener(listener)} was not loaded.`);
    const lifetime = this.#lifetime?.open === true ? this.#lifetime : await this.#openAnew();
    const outcome = await lifetime.call(number, state, serves);
    if (lifetime.killed) throw cancelled(`${nameListener(listener)} was stopped`);
    if (outcome.kind !== 'done') throw listenerError(listener, outcome);
  }

  /** Lets the modules' process end by itself; what the user's code keeps going longer than 2 s is killed. */
  async end(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    await this.#lifetime?.end();
    this.#lifetime = undefined;
  }

  /** Ends the modules' process and everything that it started, at once, and with it the call under way. */
  kill(): void {
    this.#lifetime?.kill();
  }

  async #openAnew(): Promise<Lifetime> {
    this.#options.services.log.info('The modules are loaded anew, since the process that they were in has ended.');
    return await this.#open();
  }

  async #open(): Promise<Lifetime> {
    const { entry = process.argv[1] ?? '', env, context, services } = this.#options;
    const { methods, problems } = this.#located;
    const lifetime = new Lifetime({ workspace: this.#workspace, entry, env, methods, context, services });
    this.#lifetime = lifetime;
    const outcome = await lifetime.load();
    if (lifetime.killed) throw cancelled('The modules were stopped while they were loaded');
    const found = outcome.kind === 'loaded' ? outcome.problems : [problemAtEnd(outcome.ending, outcome.loading)];
    const all = [...problems, ...found].sort((one, other) => one.listener - other.listener);
    if (all.length > 0)
      throw new ShipperError(
        'CONFIG',
        all.map((problem) => this.#place(problem)),
      );
    return lifetime;
  }

  #place({ listener, message, at }: LoadProblem): Problem {
    return { message, at: at ?? this.#options.listeners[listener]?.at };
  }
}

function cancelled(what: string): ShipperError {
  return new ShipperError('CANCELLED', `${what}, because the run was cancelled.`);
}

function problemAtEnd(ending: Ending, loading: number | undefined): LoadProblem {
  if (loading === undefined) {
    throw new ShipperError('INTERNAL', `The process for the modules ${howItEnded(ending)} before it loaded one.`);
  }
  const message = `The module ended its process while it was loaded: it ${howItEnded(ending)}. Do not call process.exit() in a module.`;
  return { listener: loading, message };
}

function listenerError(listener: ModuleListener, outcome: Exclude<CallOutcome, { kind: 'done' }>): ShipperError {
  const name = nameListener(listener);
  if (outcome.kind === 'ended') {
    const what = `${name} failed: the process of the modules ${howItEnded(outcome.ending)} while it was called. To fail, throw an error; to succeed, return; do not call process.exit().`;
    return new ShipperError('LISTENER', what, { step: listener.event, at: listener.at });
  }
  const { failure, cause } = outcome;
  const target = cause instanceof ShipperError ? cause.target : undefined;
  const what = [`${name} failed: ${failure.message}`, ...failure.stack.map((line) => `    ${line}`)].join('\n');
  return new ShipperError('LISTENER', what, { step: listener.event, at: failure.at ?? listener.at, target, cause });
}

function howItEnded({ code, signal }: Ending): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? 'could not be started' : `ended with exit status ${code}`;
}
