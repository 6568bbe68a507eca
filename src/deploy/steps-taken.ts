import type { TargetFact } from './facts.ts';
import type { StepTime } from './result.ts';
import { isStep } from './timeline.ts';

/** How long the steps took on one target, each from the end of the one before. */
export class StepsTaken {
  readonly times: StepTime[] = [];
  readonly #onStep: (name: string, milliseconds: number) => void;
  #mark = performance.now();

  constructor(onStep: (name: string, milliseconds: number) => void) {
    this.#onStep = onStep;
  }

  /** Begins the time of the next step. */
  mark(): void {
    this.#mark = performance.now();
  }

  took(name: string): void {
    const milliseconds = Math.round(performance.now() - this.#mark);
    this.mark();
    this.times.push({ name, milliseconds });
    this.#onStep(name, milliseconds);
  }

  /** Notes the facts that end something that takes time. */
  learn(fact: TargetFact, hasPurged: boolean): void {
    if (fact.kind === 'flushed') this.took('sync');
    else if (fact.kind === 'deleted' && hasPurged) this.took('delete');
    else if (fact.kind === 'step' && isStep(fact.step)) this.took(fact.step);
    else if (fact.kind === 'step') this.mark();
  }
}
