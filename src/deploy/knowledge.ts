import type { RunLog } from '../log.ts';
import type { Fact } from '../remote/frame.ts';
import { Expectation } from './expectation.ts';
import { readTargetFact, type TargetFact } from './facts.ts';
import type { RevisionRow } from './result.ts';
import { after, type RunnerFact, type TargetState, untouched } from './state.ts';
import { StepsTaken } from './steps-taken.ts';
import { tell } from './tell.ts';
import type { Work } from './timeline.ts';

export interface KnowledgeOptions {
  /** Name of the target. */
  readonly name: string;
  readonly log: RunLog;
  /** Whether lines of the log need the target's name. */
  readonly named: boolean;
  /** Whether the revision of this run can have that name there. */
  readonly isExpectedName: (name: string) => boolean;
}

/** What is known of one target: what it told, as far as it can be believed, and what the runner knows itself. */
export class Knowledge {
  readonly steps: StepsTaken;
  /** What `status` and dry runs read. */
  readonly found: Fact[] = [];
  readonly revisions: RevisionRow[] = [];
  /** What `adopt` finds, oldest first. */
  readonly adopted: string[] = [];
  /** By what it knows their order. */
  orderedBy: string | undefined;
  readonly #options: KnowledgeOptions;
  #state = untouched;
  #expected: Expectation | undefined;

  constructor(options: KnowledgeOptions) {
    const { log, named } = options;
    this.#options = options;
    this.steps = new StepsTaken((name, milliseconds) => {
      if (!named) log.step(name, milliseconds); // Of a fleet, one line tells all.
    });
  }

  get state(): TargetState {
    return this.#state;
  }

  /** The work that the target is to tell of next; undefined when it has told all. */
  get next(): Work | undefined {
    return this.#expected?.next;
  }

  /** From now on the target can tell what comes of this work, and nothing else. */
  expect(work: readonly Work[]): void {
    this.#expected = new Expectation(work, this.#options.isExpectedName);
    this.steps.mark();
  }

  /** Learns what the target said. Returns false where it cannot have been asked for that. */
  hear(said: Fact): boolean {
    const fact = readTargetFact(said);
    if (fact === undefined || this.#expected?.accepts(fact, this.#state) !== true) return false;
    this.learn(fact);
    this.steps.learn(fact, this.#state.purged.length > 0);
    if (fact.kind === 'listed') this.revisions.push(fact.row);
    if (fact.kind === 'adopted') this.adopted.push(fact.name);
    if (fact.kind === 'ordered_by') this.orderedBy = fact.order;
    if (fact.kind === 'found') this.found.push(fact.found);
    if (this.next === 'inspect' && isPlanned(fact)) return true;
    const { log, name, named } = this.#options;
    tell(fact, log, name, named);
    return true;
  }

  learn(fact: TargetFact | RunnerFact): void {
    this.#state = after(this.#state, fact);
  }
}

/** What a plan has, where nothing is done. */
const isPlanned = ({ kind }: TargetFact): boolean => kind === 'adopted' || kind === 'ordered_by';
