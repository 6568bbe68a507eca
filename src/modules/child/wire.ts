import type { RunResult } from '../../../shipper.d.ts';
import type { FromModules, ServiceRequest, ToModules } from '../messages.ts';

type Reply = Extract<ToModules, { readonly type: 'reply' | 'refusal' }>;

interface Waiting {
  readonly resolve: (results: readonly RunResult[]) => void;
  readonly reject: (error: Error) => void;
}

/** The modules' end of the line to the run. */
export class Wire {
  readonly #send = process.send?.bind(process);
  readonly #waiting = new Map<number, Waiting>();
  readonly #refused = new WeakMap<Error, number>();
  #requests = 0;

  constructor() {
    // Libraries take a process that can `send` for a worker of theirs, and the run would get their messages.
    Reflect.deleteProperty(process, 'send');
  }

  /** Never throws: where the run is gone, the `disconnect` tells. */
  tell(message: FromModules): void {
    this.#send?.(message, undefined, undefined, () => undefined);
  }

  /** Resolves with the results of a run (none for an upload), or rejects with the run's reason. */
  async ask(asks: ServiceRequest): Promise<readonly RunResult[]> {
    const request = (this.#requests += 1);
    const answer = new Promise<readonly RunResult[]>((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
    });
    this.tell({ type: 'request', request, asks });
    return await answer;
  }

  answer(reply: Reply): void {
    const waiting = this.#waiting.get(reply.request);
    this.#waiting.delete(reply.request);
    if (reply.type === 'reply') {
      waiting?.resolve(reply.results);
      return;
    }
    const error = Object.assign(new Error(reply.message), { code: reply.code });
    this.#refused.set(error, reply.request);
    waiting?.reject(error);
  }

  /** The request whose refusal this error is, if it is one. */
  requestBehind(thrown: unknown): number | undefined {
    return thrown instanceof Error ? this.#refused.get(thrown) : undefined;
  }
}
