import type { AnnotationProperties } from '@actions/core';
import { kindOf } from '../gathered.ts';

export type Kind = 'notice' | 'warning' | 'error';

/** The runner shows no more annotations of one kind from one step. */
const most = 10;

/** Tells one annotation to the runner. */
type Annotate = (kind: Kind, message: string, properties: AnnotationProperties) => void;

interface Count {
  shown: number;
  /** What found no place, the last one said of it. */
  left: number;
  last: string;
}

/**
 * The annotations of a step, within what the runner shows of them. The last place of each kind is kept: of errors for
 * the failure that ends the run, of the others for how many more there are. Of those that differ in nothing but a
 * target's name, one is an annotation. Whatever is none is for the log alone.
 */
export class Annotations {
  readonly #annotate: Annotate;
  readonly #counts: Readonly<Record<Kind, Count>> = {
    notice: { shown: 0, left: 0, last: '' },
    warning: { shown: 0, left: 0, last: '' },
    error: { shown: 0, left: 0, last: '' },
  };
  readonly #known = new Set<string>();

  constructor(annotate: Annotate) {
    this.#annotate = annotate;
  }

  /** Whether it became an annotation. */
  add(kind: Kind, message: string, target?: string): boolean {
    const count = this.#counts[kind];
    const known = JSON.stringify([kind, kindOf(message, target)]);
    if (target !== undefined && this.#known.has(known)) return false;
    this.#known.add(known);
    if (count.shown < most - 1) {
      count.shown += 1;
      this.#annotate(kind, message, {});
      return true;
    }
    count.left += 1;
    count.last = message;
    return false;
  }

  /** The causes of a failure, as many as there are places; how many of them became annotations. */
  fail(causes: readonly { readonly message: string; readonly properties: AnnotationProperties }[]): number {
    const room = Math.max(1, most - this.#counts.error.shown);
    const more = causes.length - room;
    causes.slice(0, room).forEach(({ message, properties }, index) => {
      const isLast = index === room - 1 && more > 0;
      this.#annotate('error', isLast ? `${message}\n(and ${more} more, in the log)` : message, properties);
    });
    this.#counts.error.shown += Math.min(room, causes.length);
    return Math.min(room, causes.length);
  }

  /** Says in the place that was kept how many more there are. */
  close(): void {
    for (const kind of ['notice', 'warning'] as const) {
      const { left, last } = this.#counts[kind];
      this.#counts[kind].left = 0;
      if (left === 0) continue;
      this.#annotate(kind, left === 1 ? last : `${left} more ${kind}s are in the log of this step.`, {});
    }
  }
}
