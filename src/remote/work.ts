import { steps } from '../config/events.ts';
import { deferred } from '../deferred.ts';
import { type ErrorCode, errorCodes, ShipperError } from '../errors.ts';
import type { Fact } from './frame.ts';

/** What a target was asked to do, until it has answered. */
export class Work {
  readonly #target: string;
  readonly #answer = deferred<readonly Fact[]>();
  readonly #facts: Fact[] = [];
  #steps: readonly string[];
  #failure: ShipperError | undefined;

  /** @param target its name, for errors. */
  constructor(target: string, asked: readonly string[]) {
    this.#target = target;
    this.#steps = asked;
  }

  /** All facts that the target told; rejects with what failed. */
  get answer(): Promise<readonly Fact[]> {
    return this.#answer.promise;
  }

  /** The step that is under way; undefined once all are taken. */
  get step(): string | undefined {
    return this.#steps[0];
  }

  /** Takes in a fact, and says whether it is one to be told. After `end` nothing more belongs to this work. */
  learn(fact: Fact): boolean {
    const [first = '', step, sentence = ''] = fact.values;
    if (fact.kind === 'end') {
      if (first === '0') this.#answer.resolve(this.#facts);
      else this.fail(this.#failure ?? failureOn(this.#target, 'INTERNAL', `the script ended with ${first}`, this.step));
      return false;
    }
    if (fact.kind === 'error') {
      const code = errorCodes.find((known) => known === first) ?? 'INTERNAL';
      this.#failure = failureOn(this.#target, code, sentence, step);
      return false;
    }
    if (fact.kind === 'step') this.#steps = this.#steps.slice(this.#steps.indexOf(first) + 1);
    this.#facts.push(fact);
    return true;
  }

  fail(error: ShipperError): void {
    this.#answer.reject(error);
  }
}

/** An error that names the target and, where it is one that users know, the step. */
export function failureOn(target: string, code: ErrorCode, message: string, step: string | undefined): ShipperError {
  const isStep = (steps as readonly (string | undefined)[]).includes(step); // Others are Shipper's own words.
  const where = isStep ? `${target}, ${String(step)}` : target;
  return new ShipperError(code, `${where}: ${message}`, { target, step });
}
