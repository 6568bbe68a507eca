import type { Listener, Target, UploadListener } from '../config/config.ts';
import { type EventName, eventNames, uploadEvents } from '../config/events.ts';
import { describeListener } from '../config/name-listener.ts';
import { matchesTarget } from '../config/pattern.ts';
import { listed } from '../gathered.ts';
import { Foresight } from '../upload/foresight.ts';

export type { UploadChanges } from '../upload/foresight.ts';

/** A listener, as a plan has it. */
export interface PlannedListener {
  readonly event: EventName;
  readonly what: string;
  /** Where it would run, in words. */
  readonly where: string;
}

export interface PreviewOptions {
  /** Absolute path on the runner. */
  readonly workspace: string;
  readonly umask: string;
  readonly signal: AbortSignal;
}

/** What listeners would do, as far as that can be known without running any. */
export class Preview {
  readonly #listeners: readonly Listener[];
  readonly #options: PreviewOptions;

  /** @param listeners those of the command. */
  constructor(listeners: readonly Listener[], options: PreviewOptions) {
    this.#listeners = eventNames.flatMap((name) => listeners.filter(({ event }) => event === name));
    this.#options = options;
  }

  /** The listeners in the order in which a run would call them, on these targets. */
  planned(targets: readonly Target[]): readonly PlannedListener[] {
    return this.#listeners.map((listener) => ({
      event: listener.event,
      what: describeListener(listener),
      where: whereOf(listener, targets),
    }));
  }

  /** What can be said of uploads beforehand, and what cannot; one sentence each. */
  get notes(): readonly string[] {
    return [...this.#modules, ...this.#earlier];
  }

  /** Reads what there is to upload; undefined where no listener of the config uploads. */
  async foresight(): Promise<Foresight | undefined> {
    const uploads = this.#uploads.map(({ upload: from, to, exclude }) => ({ from, to, exclude }));
    if (uploads.length === 0) return undefined;
    return Foresight.read({ ...this.#options, uploads, whole: this.#modules.length === 0 });
  }

  get #uploads(): readonly UploadListener[] {
    return this.#listeners.filter((listener) => listener.kind === 'upload');
  }

  get #modules(): readonly string[] {
    return this.#listeners
      .filter(({ event, kind }) => kind === 'module' && uploadEvents.includes(event))
      .map((listener) => `what ${describeListener(listener)} uploads, if it does, cannot be foreseen`);
  }

  /** What still happens on the runner before the last upload may change what there is to upload. */
  get #earlier(): readonly string[] {
    const last = this.#listeners.findLastIndex(({ kind }) => kind === 'upload');
    const before = this.#listeners
      .slice(0, Math.max(0, last))
      .filter((listener) => listener.kind === 'module' || (listener.kind === 'run' && listener.on === 'runner'));
    if (before.length === 0) return [];
    return [
      `the uploads are those of the workspace as it is now: ${listed(before.map(describeListener))} may still change it`,
    ];
  }
}

function whereOf(listener: Listener, targets: readonly Target[]): string {
  if (listener.kind === 'module') return 'runner';
  if (listener.kind === 'upload') return named(targets, targets);
  const { on, once } = listener;
  if (on === 'runner') return 'runner';
  const fitting = targets.filter((target) => on === undefined || matchesTarget(on, target));
  return once && fitting.length > 0 ? `${fitting[0]?.name ?? ''}, once` : named(fitting, targets);
}

function named(some: readonly Target[], all: readonly Target[]): string {
  if (some.length === 0) return 'no target';
  if (some.length === all.length && all.length > 1) return `all ${all.length} targets`;
  return listed(some.map(({ name }) => name));
}
