import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeFailure } from './describe-failure.ts';
import { Modules } from './modules.ts';
import type { ListenerFailure, LoadProblem, ToModules } from '../messages.ts';
import { signalGroup } from '../process-group.ts';
import { createShipper, type ShipperInModules } from './shipper.ts';
import { Wire } from './wire.ts';

type Load = Extract<ToModules, { readonly type: 'load' }>;
type Call = Extract<ToModules, { readonly type: 'call' }>;

/** The listener being loaded, and the first error beside its loading that nothing caught. */
interface Loading {
  readonly listener: number;
  stray?: LoadProblem;
}

/** Answers the run's messages until it says `end`. If the run goes away without it, so does this process group. */
export async function hostUntilEnd(): Promise<void> {
  const host = new Host();
  await new Promise<void>((resolve) => {
    process.on('message', (message: ToModules) => {
      if (message.type === 'end') {
        process.off('disconnect', endGroupOfOwn);
        process.disconnect();
        resolve();
      } else {
        host.receive(message);
      }
    });
    process.on('disconnect', endGroupOfOwn);
    process.on('uncaughtException', (error) => host.stray(error));
    process.on('unhandledRejection', (reason) => host.stray(reason));
    host.wire.tell({ type: 'ready' });
  });
}

function endGroupOfOwn(): void {
  signalGroup(process.pid, 'SIGKILL');
  process.exit(1);
}

class Host {
  readonly wire = new Wire();
  #workspace = '';
  #inModules: ShipperInModules | undefined;
  #modules: Modules | undefined;
  #loading: Loading | undefined;
  #call: number | undefined;

  receive(message: Exclude<ToModules, { readonly type: 'end' }>): void {
    switch (message.type) {
      case 'load':
        void this.#load(message);
        break;
      case 'call':
        void this.#serve(message);
        break;
      case 'reply':
      case 'refusal':
        this.wire.answer(message);
        break;
    }
  }

  /** What nobody caught belongs to the listener of the moment; between two of them it is reported for what it is. */
  stray(thrown: unknown): void {
    const failure = this.#describe(thrown);
    if (this.#loading !== undefined) {
      const { message, stack, at } = failure;
      const text = [`The module failed while it was loaded: ${message}`, ...stack].join('\n');
      this.#loading.stray ??= { listener: this.#loading.listener, message: text, at };
    } else if (this.#call !== undefined) {
      this.#fail(this.#call, failure);
    } else {
      this.wire.tell({ type: 'stray', failure });
    }
  }

  async #load({ workspace, context, methods }: Load): Promise<void> {
    this.#workspace = workspace;
    this.#inModules = createShipper(this.wire, context, workspace);
    this.#modules = new Modules(workspace, this.#inModules.shipper);
    const problems: LoadProblem[] = [];
    for (const located of methods) {
      const loading: Loading = { listener: located.listener };
      this.#loading = loading;
      this.wire.tell({ type: 'loading', listener: located.listener });
      const problem = await this.#modules.load(located);
      await nextTurn(); // A rejection that nothing caught shows after the microtasks.
      const found = problem ?? loading.stray;
      if (found !== undefined) problems.push(found);
    }
    this.#loading = undefined;
    this.wire.tell({ type: 'loaded', problems });
  }

  async #serve({ call, listener, state }: Call): Promise<void> {
    this.#call = call;
    this.#inModules?.enter(state);
    try {
      await this.#modules?.call(listener);
      await this.#inModules?.settled();
      await nextTurn();
      if (this.#isCurrent(call)) this.wire.tell({ type: 'done', call });
    } catch (error) {
      if (this.#isCurrent(call)) this.#fail(call, this.#describe(error));
    }
    if (this.#isCurrent(call)) this.#leave();
  }

  #fail(call: number, failure: ListenerFailure): void {
    this.wire.tell({ type: 'failed', call, failure });
    this.#leave();
  }

  #leave(): void {
    this.#call = undefined;
    this.#inModules?.leave();
  }

  /** A call that failed by what nobody caught is over, though its method may go on. */
  #isCurrent(call: number): boolean {
    return this.#call === call;
  }

  #describe(thrown: unknown): ListenerFailure {
    return { ...describeFailure(thrown, this.#workspace), request: this.wire.requestBehind(thrown) };
  }
}
