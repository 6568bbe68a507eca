import type { Target } from '../config/config.ts';
import type { ShipperError } from '../errors.ts';
import type { RunLog } from '../log.ts';
import type { Fact } from '../remote/frame.ts';
import { readHolder, readRevision } from './facts.ts';
import type { Status, TargetResult } from './result.ts';
import { isStep } from './timeline.ts';

export interface KnownOptions {
  readonly target: Target;
  readonly log: RunLog;
  /** Whether lines of the log need the target's name. */
  readonly named: boolean;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
}

/** What is known of a target, fact by fact. */
export class Known {
  readonly result: TargetResult;
  /** Whether the active symlink was switched and not yet put back. */
  switched = false;
  /** Whether the target has nothing to do, being on the revision already. */
  unchanged = false;
  /** Whether the journal says that this run completed. */
  completed = false;
  /** Whether it was switched and then put back, by whomever. */
  returned = false;
  /** Whether the connection was lost when it mattered, and the truth could not be read back. */
  unknown = false;
  /** What failed first there. */
  failure: ShipperError | undefined;
  /** What the active symlink said before the run, empty where there was none: it may have led outside `revisions`. */
  link = '';
  /** Who holds the lock, in words. */
  holder: string | undefined;
  /** What only a dry run asks for. */
  readonly found: Fact[] = [];
  readonly #options: KnownOptions;
  #mark: number;

  constructor(options: KnownOptions) {
    const { host, name } = options.target;
    this.#options = options;
    this.result = { host, name, status: 'failed', purged: [], steps: [] };
    this.#mark = options.clock();
  }

  /** Whether the run is over for this target. */
  get isDone(): boolean {
    return this.unchanged || this.completed;
  }

  /** Begins the time of the next step. */
  mark(): void {
    this.#mark = this.#options.clock();
  }

  /** Notes that a step was taken, and how long it took since the mark. */
  took(name: string): void {
    const { clock, log, named } = this.#options;
    const milliseconds = Math.round(clock() - this.#mark);
    this.mark();
    this.result.steps.push({ name, milliseconds });
    if (!named) log.step(name, milliseconds); // Of a fleet, one line tells all.
  }

  status(failed: boolean, cancelled: boolean): Status {
    if (this.unknown || (failed && this.switched)) return 'unknown';
    if (this.unchanged) return 'unchanged';
    if (!failed || this.completed) return 'succeeded';
    if (this.returned) return 'returned';
    return cancelled ? 'cancelled' : 'failed';
  }

  learn({ kind, values }: Fact): void {
    const { log, named, target } = this.#options;
    const { result } = this;
    const [first = '', second = ''] = values;
    const name = first === '' ? undefined : first;
    const here = named ? `${target.name}: ` : '';
    switch (kind) {
      case 'step':
        if (isStep(first)) this.took(first);
        else this.mark();
        break;
      case 'flushed':
        this.took('sync');
        break;
      case 'deleted':
        if (result.purged.length > 0) this.took('delete');
        break;
      case 'taken':
        result.revision = first;
        break;
      case 'revision':
        result.revision = first;
        result.revisionPath = `${target.revisions}/${first}`;
        break;
      case 'active':
        result.active = name;
        this.link = second;
        break;
      case 'previous':
        result.previousRevision = name;
        break;
      case 'unchanged':
        this.unchanged = true;
        result.active = result.revision;
        break;
      case 'linked':
        this.switched = true;
        result.active = first;
        break;
      case 'returned':
        this.switched = false;
        this.returned = true;
        result.active = name;
        result.purged = [];
        log.info(`${here}switched back to ${name ?? (second === '' ? 'no active symlink, as before' : second)}`);
        break;
      case 'completed':
        this.completed = true;
        this.switched = false;
        break;
      case 'verdict':
        this.#judged(first, second);
        break;
      case 'purged':
        result.purged.push(first);
        break;
      case 'listed':
        (result.revisions ??= []).push(readRevision(values));
        break;
      case 'warning':
        log.warning(`${target.name}${isStep(first) ? `, ${first}` : ''}: ${second}`);
        break;
      case 'settled':
        log.notice(`${here}put in order what an earlier run left when it died (${first})`);
        break;
      case 'waiting':
        log.info(`${here}waiting for the lock, held by ${readHolder(values).description}`);
        break;
      case 'holder':
        this.holder = readHolder(values).description;
        result.lock = readHolder(values).holder;
        break;
      default:
        this.found.push({ kind, values });
    }
  }

  #judged(verdict: string, active: string): void {
    this.result.active = active === '' ? undefined : active;
    this.switched = false;
    this.completed = verdict === 'completed';
    this.returned = verdict === 'returned';
    this.unknown = verdict === 'unknown';
  }
}
