import { ShipperError } from '../../errors.ts';
import type { FromModules, ToModules } from '../messages.ts';
import type { ListenerServices, ModuleServices } from '../services.ts';

type Request = Extract<FromModules, { readonly type: 'request' }>;
type Gift = Extract<FromModules, { readonly type: 'output' | 'summary' }>;

/** Serves what the modules of one process ask for, and knows what is still under way. */
export class Answers {
  readonly #services: ModuleServices;
  readonly #tell: (message: ToModules) => void;
  readonly #pending = new Set<Promise<void>>();
  readonly #refused = new Map<number, unknown>();
  #refusedGift: unknown;

  constructor(services: ModuleServices, tell: (message: ToModules) => void) {
    this.#services = services;
    this.#tell = tell;
  }

  /** Serves a listener, or says why that cannot be: `services` are those of the call under way. */
  request(request: Request, services: ListenerServices | undefined): void {
    const served = this.#serve(request, services).finally(() => this.#pending.delete(served));
    this.#pending.add(served);
  }

  /** Takes an output or a summary. The module does not wait for it, so a refusal is kept for the end of its call. */
  take(gift: Gift): void {
    try {
      if (gift.type === 'output') this.#services.setOutput(gift.name, gift.value);
      else this.#services.addSummary(gift.markdown);
    } catch (error) {
      this.#refusedGift ??= error;
    }
  }

  /** The first refusal of an output or summary since it was last asked for. */
  refusedGift(): unknown {
    const refused = this.#refusedGift;
    this.#refusedGift = undefined;
    return refused;
  }

  /** What made the run refuse a request, as it was on this side. */
  refusalOf(request: number | undefined): unknown {
    return request === undefined ? undefined : this.#refused.get(request);
  }

  /** Resolves when nothing that was asked for is under way. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async #serve({ request, asks }: Request, services: ListenerServices | undefined): Promise<void> {
    try {
      if (services === undefined) {
        throw new ShipperError('LISTENER', 'Targets can be used only while a listener is being called.');
      }
      const results =
        asks.kind === 'run'
          ? await services.run(asks.command, asks.options)
          : await services.upload(asks.from, asks.options).then(() => []);
      this.#tell({ type: 'reply', request, results });
    } catch (error) {
      this.#refused.set(request, error);
      const code = error instanceof ShipperError ? error.code : undefined;
      this.#tell({ type: 'refusal', request, message: errorText(error), code });
    }
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
