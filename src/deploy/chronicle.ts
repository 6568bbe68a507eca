import type { Group, Log, RunLog } from '../log.ts';

/** Something that took time, in milliseconds since the run began. */
export interface Span {
  readonly name: string;
  readonly kind: 'step' | 'listeners';
  readonly from: number;
  readonly to: number;
  readonly failed: boolean;
}

export interface Warning {
  readonly message: string;
  readonly target: string | undefined;
}

/** What the log keeps is not what a page needs: these many are kept of each. */
const most = 500;

/** A log that remembers what belongs on the page of the run: what took how long, the warnings, and what was sent. */
export class Chronicle implements RunLog {
  readonly spans: Span[] = [];
  readonly warnings: Warning[] = [];
  readonly worth: string[] = [];
  readonly #log: RunLog;
  readonly #begin = performance.now();

  constructor(log: RunLog) {
    this.#log = log;
  }

  /** Milliseconds since the run began. */
  get now(): number {
    return performance.now() - this.#begin;
  }

  debug(message: string): void {
    this.#log.debug(message);
  }

  info(message: string, worth?: 'summary'): void {
    if (worth !== undefined) keep(this.worth, message);
    this.#log.info(message);
  }

  notice(message: string): void {
    this.#log.notice(message);
  }

  warning(message: string, target?: string): void {
    keep(this.warnings, { message, target });
    this.#log.warning(message, target);
  }

  error(message: string): void {
    this.#log.error(message);
  }

  output(text: string): ReturnType<Log['output']> {
    return this.#log.output(text);
  }

  step(name: string, milliseconds: number, note?: string): void {
    const to = this.now;
    keep(this.spans, { name, kind: 'step', from: Math.max(0, to - milliseconds), to, failed: false });
    this.#log.step(name, milliseconds, note);
  }

  group(title: string): Group {
    const from = this.now;
    const group = this.#log.group(title);
    let isOver = false;
    return {
      end: (outcome = 'done') => {
        if (!isOver)
          keep(this.spans, { name: title, kind: 'listeners', from, to: this.now, failed: outcome === 'failed' });
        isOver = true;
        group.end(outcome);
      },
    };
  }
}

function keep<Item>(items: Item[], item: Item): void {
  if (items.length < most) items.push(item);
}
