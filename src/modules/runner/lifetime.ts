import { deferred } from '../../deferred.ts';
import { Answers, errorText } from './answers.ts';
import { type Ending, HostProcess } from './host-process.ts';
import type { FromModules, ListenerFailure, LoadProblem, LocatedMethod } from '../messages.ts';
import type { ListenerServices, ModuleContext, ModuleServices, ModuleState } from '../services.ts';

export interface LifetimeOptions {
  /** Absolute, free of symlinks. */
  readonly workspace: string;
  /** The file to start, which calls `hostModules()`. */
  readonly entry: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly methods: readonly LocatedMethod[];
  readonly context: ModuleContext;
  readonly services: ModuleServices;
}

/** The process ended; `loading` is the listener whose module it was loading. */
export interface Ended {
  readonly kind: 'ended';
  readonly ending: Ending;
  readonly loading: number | undefined;
}

export type LoadOutcome = { readonly kind: 'loaded'; readonly problems: readonly LoadProblem[] } | Ended;

/** Where the run refused something, `cause` is its reason. */
export type CallOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: ListenerFailure; readonly cause: unknown }
  | Ended;

/** One process of modules, from its start to its end: it loads them all, then takes one call after the other. */
export class Lifetime {
  readonly #options: LifetimeOptions;
  readonly #process: HostProcess;
  readonly #answers: Answers;
  readonly #ended: Promise<Ended>;
  readonly #loaded = deferred<LoadOutcome>();
  #loading: number | undefined;
  #calls = 0;
  #returned = deferred<CallOutcome>();
  /** What serves the call under way. */
  #serves: ListenerServices | undefined;
  #over = false;
  #killed = false;

  constructor(options: LifetimeOptions) {
    const { entry, workspace, env, services } = options;
    this.#options = options;
    this.#process = new HostProcess(entry, workspace, env, (message) => this.#receive(message));
    this.#answers = new Answers(services, (message) => this.#process.tell(message));
    this.#ended = this.#process.ended.then((ending) => {
      this.#over = true;
      return { kind: 'ended', ending, loading: this.#loading };
    });
  }

  /** Whether it can be called. */
  get open(): boolean {
    return !this.#over && !this.#killed;
  }

  /** Whether it is over by `kill()`. */
  get killed(): boolean {
    return this.#killed;
  }

  /** Waits until every module is loaded and every class constructed. */
  async load(): Promise<LoadOutcome> {
    return Promise.race([this.#loaded.promise, this.#ended]);
  }

  /** Calls a listener; settles when nothing that it asked of the run is under way any more. */
  async call(listener: number, state: ModuleState, serves: ListenerServices): Promise<CallOutcome> {
    const call = (this.#calls += 1);
    this.#returned = deferred();
    this.#serves = serves;
    this.#process.tell({ type: 'call', call, listener, state });
    const outcome = await Promise.race([this.#returned.promise, this.#ended]);
    if (this.#killed) return outcome;
    if (outcome.kind === 'ended') this.#process.kill();
    await this.#answers.settled();
    this.#serves = undefined;
    const cause = this.#answers.refusedGift();
    const refused = cause !== undefined && outcome.kind === 'done';
    return refused ? { kind: 'failed', failure: { message: errorText(cause), stack: [] }, cause } : outcome;
  }

  /** Lets the process end by itself, for a short while. */
  async end(): Promise<void> {
    await this.#process.end();
  }

  /** Ends the process and everything that it started, at once. */
  kill(): void {
    this.#killed = true;
    this.#process.kill();
  }

  #receive(message: FromModules): void {
    const { workspace, context, methods, services } = this.#options;
    switch (message.type) {
      case 'ready':
        this.#process.tell({ type: 'load', workspace, context, methods });
        break;
      case 'loading':
        this.#loading = message.listener;
        break;
      case 'loaded':
        this.#loading = undefined;
        this.#loaded.resolve({ kind: 'loaded', problems: message.problems });
        break;
      case 'done':
        this.#return(message.call, { kind: 'done' });
        break;
      case 'failed': {
        const cause = this.#answers.refusalOf(message.failure.request);
        this.#return(message.call, { kind: 'failed', failure: message.failure, cause });
        break;
      }
      case 'stray': {
        const lines = [message.failure.message, ...message.failure.stack];
        services.log.warning(`A module failed after its listener had returned: ${lines.join('\n')}`);
        break;
      }
      case 'request':
        this.#answers.request(message, this.#serves);
        break;
      case 'output':
      case 'summary':
        this.#answers.take(message);
        break;
      case 'log':
        services.log[message.level](message.message);
        break;
    }
  }

  #return(call: number, outcome: CallOutcome): void {
    if (call === this.#calls) this.#returned.resolve(outcome);
  }
}
