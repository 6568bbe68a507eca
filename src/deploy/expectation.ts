import type { TargetFact } from './facts.ts';
import type { TargetState } from './state.ts';
import type { Work } from './timeline.ts';

type Kind = TargetFact['kind'];

/** What each work can tell before its own `step`; warnings come anywhere. */
const tellable: Record<Work, readonly Kind[]> = {
  preflight: ['active', 'previous'],
  lock: ['active', 'previous', 'waiting', 'holder', 'settled'],
  init_directories: ['active', 'previous', 'waiting', 'holder', 'settled'],
  create_revision: ['revision'],
  create_symlinks: [],
  choose: ['revision', 'previous', 'unchanged'],
  link_current_revision: ['previous', 'flushed', 'linked'],
  purge_old_revisions: ['purged'],
  complete: ['flushed', 'completed', 'deleted'],
  unlock: [],
  go_back: ['completed', 'returned'],
  discard: [],
  adopt: ['adopted', 'ordered_by'],
  inspect: ['active', 'listed', 'holder', 'taken', 'found', 'adopted', 'ordered_by'],
  verdict: ['verdict'],
};

/** What a work tells any number of times; all else once. */
const repeatable: readonly Kind[] = ['listed', 'found', 'purged', 'adopted', 'settled', 'waiting', 'warning'];

/**
 * What a target can be expected to tell of one frame. A target may be broken or hacked: a fact counts only where it can
 * come, once, and with a value that follows from what this run asked for.
 */
export class Expectation {
  readonly #work: readonly Work[];
  readonly #isExpectedName: (name: string) => boolean;
  readonly #told = new Set<Kind>();
  #done = 0;

  /** `isExpectedName` knows the names that the revision of this run can get. */
  constructor(work: readonly Work[], isExpectedName: (name: string) => boolean) {
    this.#work = work;
    this.#isExpectedName = isExpectedName;
  }

  /** The work that it is to tell of next; undefined when it has told all. */
  get next(): Work | undefined {
    return this.#work[this.#done];
  }

  /** Whether the target can tell this now; counts it as told. */
  accepts(fact: TargetFact, state: TargetState): boolean {
    const work = this.next;
    if (fact.kind === 'step') return this.#steps(fact.step, work);
    if (fact.kind === 'warning') return true;
    if (work === undefined || !tellable[work].includes(fact.kind)) return false;
    if (this.#told.has(fact.kind) && !repeatable.includes(fact.kind)) return false;
    this.#told.add(fact.kind);
    return this.#isPlausible(fact, state);
  }

  #steps(step: string, work: Work | undefined): boolean {
    this.#done += 1;
    this.#told.clear();
    return step === work;
  }

  #isPlausible(fact: TargetFact, { revision }: TargetState): boolean {
    if (fact.kind === 'revision' || fact.kind === 'taken') return this.#isExpectedName(fact.name);
    if (fact.kind === 'linked' || fact.kind === 'completed') return fact.name === revision;
    return fact.kind !== 'purged' || fact.name !== revision;
  }
}

/** What is asked for by name: the new revision gets it, or with an ending where it is taken. */
export interface Wanted {
  /** Empty where the target chooses. */
  readonly revision: string;
  /** Start of the run in seconds since 1970. */
  readonly epoch: number;
  /** Whether the revision is a new one. */
  readonly isNew: boolean;
}

/** The names that the revision of a run can have on a target. */
export function expectedNames({ revision, epoch, isNew }: Wanted): (name: string) => boolean {
  if (revision === '') return () => true;
  const taken = `${revision}-${epoch}`;
  return (name) => name === revision || (isNew && (name === taken || isCounted(name, taken)));
}

/** Two runs that began in one second count on from 2. */
function isCounted(name: string, taken: string): boolean {
  return name.startsWith(`${taken}-`) && /^[1-9]\d{0,3}$/.test(name.slice(taken.length + 1));
}
