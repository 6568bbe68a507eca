import type { Target } from '../config/config.ts';
import { asShipperError, ShipperError } from '../errors.ts';
import type { Place } from '../listeners/scene.ts';
import type { RunLog } from '../log.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { RunFacts } from '../remote/setup.ts';
import { planLines } from './plan.ts';
import type { TargetResult } from './result.ts';
import { Site } from './site.ts';
import { StepLines } from './step-lines.ts';
import type { Work } from './timeline.ts';

export interface FleetOptions {
  readonly facts: RunFacts;
  readonly id: string;
  readonly concurrency: number;
  readonly connectTimeout: number;
  readonly connect: (target: Target) => Promise<Connection>;
  readonly log: RunLog;
  readonly clock: () => number;
  /** Once aborted, no further target is begun with. */
  readonly signal: AbortSignal;
}

type Setup = (target: Target, index: number, connection: Connection) => readonly string[];

/** All targets of one run, which go through it in step. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #sites: readonly Site[];
  readonly #stepLines: StepLines;

  constructor(options: FleetOptions, setup: Setup) {
    const { facts, id, log, connectTimeout, connect, clock } = options;
    this.#options = options;
    this.#stepLines = new StepLines(log);
    const { targets } = facts.config;
    this.#sites = targets.map(
      (target, index) =>
        new Site({
          target,
          token: `run-${id}-${index}`,
          log,
          named: targets.length > 1,
          connectTimeout,
          connect,
          setup: (connection) => setup(target, index, connection),
          clock,
        }),
    );
  }

  get size(): number {
    return this.#sites.length;
  }

  get revision(): string | undefined {
    return this.#speakers.find(({ revision }) => revision !== undefined)?.revision;
  }

  get previous(): string | undefined {
    return this.#speakers.find(({ previous }) => previous !== undefined)?.previous;
  }

  /** The sites that speak for the fleet: those that something is done on, if there are any. */
  get #speakers(): readonly Site[] {
    const changing = this.#sites.filter(({ known }) => !known.unchanged);
    return changing.length > 0 ? changing : this.#sites;
  }

  /** Whether no target has anything left to do. */
  get isDone(): boolean {
    return this.#sites.every(({ known }) => known.isDone);
  }

  get isUnchanged(): boolean {
    return this.#sites.every(({ known }) => known.unchanged);
  }

  /** Whether some targets completed and others did not: one was lost, or failed, exactly while completing. */
  get isParted(): boolean {
    return !this.isDone && this.#sites.some(({ known }) => known.completed) && !this.isSwitched;
  }

  get isSwitched(): boolean {
    return this.#sites.some(({ known }) => known.switched);
  }

  get isReturned(): boolean {
    return this.#sites.some(({ known }) => known.returned);
  }

  get isUnknown(): boolean {
    return this.#sites.some(({ known }) => known.unknown || known.switched);
  }

  places(): readonly Place[] {
    return this.#sites.filter(({ known }) => !known.unchanged);
  }

  /** Those that went back to something. */
  returned(): readonly Place[] {
    return this.#sites.filter(({ known }) => known.returned && known.link !== '');
  }

  async connect(): Promise<void> {
    await this.#each(
      () => true,
      async (site) => site.connect(),
    );
  }

  /** Reads on every target that is connected, whatever became of the others. */
  async read(work: readonly Work[]): Promise<void> {
    await this.#each(
      ({ connection }) => connection !== undefined,
      async (site) => site.perform(work, true),
    );
  }

  /** Takes the steps on every target that is not done. Rejects with the first failure, after all have answered. */
  async perform(work: readonly Work[], last: boolean): Promise<void> {
    await this.#each(
      ({ known }) => !known.unchanged,
      async (site) => site.perform(work, last),
    );
    if (work.includes('create_revision')) await this.#alike(work.slice(work.indexOf('create_revision')));
    if (work.includes('choose')) this.#tellDifferences();
  }

  /** A rollback without a name goes, on each target, to the one before its own. */
  #tellDifferences(): void {
    const names = this.#sites.map(({ known }) => known.result.revision);
    if (new Set(names).size < 2) return;
    const each = this.#sites.map(({ target }, index) => `${target.name} to ${names[index] ?? 'none'}`);
    this.#options.log.warning(`the targets go to different revisions: ${each.join(', ')}`);
  }

  /** Where a name was taken on some targets only, the others create theirs anew, by the name that it got there. */
  async #alike(work: readonly Work[]): Promise<void> {
    const name = this.#name;
    const differs = ({ known }: Site): boolean => known.result.revision !== name;
    await this.#each(differs, async (site) => site.perform(['discard', ...work], false, name));
    const other = this.#sites.find(differs);
    if (other === undefined) return;
    throw new ShipperError(
      'TARGET',
      `${other.target.name}, create_revision: revision ${name} exists already there, but not on all targets: choose another name`,
      { target: other.target.name, step: 'create_revision' },
    );
  }

  /** What the new revision is called on all targets: a name that was taken somewhere is longer by its ending. */
  get #name(): string {
    const names = this.#sites.map(({ known }) => known.result.revision ?? this.#options.facts.revision);
    return names.reduce((longest, name) => (name.length > longest.length ? name : longest));
  }

  /** What each target would be made to do, after `inspect`. */
  plan(): void {
    const { command, config, revision } = this.#options.facts;
    const name = command === 'deploy' ? this.#name : revision;
    const readable = this.#sites.filter(({ known }) => known.failure === undefined);
    for (const site of readable) site.known.result.plan = planLines(command, config, site.target, name, site.known);
  }

  /** Takes the steps on those targets that can still be reached and have begun. */
  async afterFailure(which: 'all' | 'switched' | 'settled', work: readonly Work[], last = false): Promise<void> {
    await this.#each(
      ({ reachable, known }) =>
        reachable && !known.isDone && (which === 'all' || known.switched === (which === 'switched')),
      async (site) => site.perform(work, last),
    );
  }

  async interrupt(): Promise<void> {
    await this.#each(
      ({ reachable }) => reachable,
      async (site) => site.interrupt(),
    );
  }

  /** Asks the targets whose connection was lost on the way what became of the run there. */
  async judgeLost(): Promise<void> {
    await this.#each(
      ({ begun, reachable, known }) => begun && !reachable && !known.isDone,
      async (site) => site.judge(),
    );
  }

  /** `reading`: what fails on one target keeps no other from being read. */
  results(error: ShipperError | undefined, cancelled: boolean, reading: boolean): readonly TargetResult[] {
    return this.#sites.map((site) => {
      const isOwn = error !== undefined && (error.target === undefined || error.target === site.target.name);
      const own = error === undefined ? undefined : (site.known.failure ?? (isOwn ? error : undefined));
      return {
        ...site.known.result,
        status: site.known.status(error !== undefined && (!reading || own !== undefined), cancelled),
        ...(own === undefined ? {} : { error: { code: own.code, message: own.message } }),
      };
    });
  }

  end(): void {
    for (const site of this.#sites) site.end();
  }

  /** Works on the targets that fit, as many at once as is allowed. The first failure wins, the others are warnings. */
  async #each(fits: (site: Site) => boolean, work: (site: Site) => Promise<void>): Promise<void> {
    const { concurrency, log, signal } = this.#options;
    const wasCancelled = signal.aborted;
    const waiting = this.#sites.filter(fits);
    const failures: ShipperError[] = [];
    const worker = async (): Promise<void> => {
      for (let site = waiting.shift(); site !== undefined; site = waiting.shift()) {
        if (signal.aborted && !wasCancelled) return;
        await work(site).catch((error: unknown) => {
          const failure = asShipperError(error);
          site.known.failure ??= failure;
          failures.push(failure);
        });
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, worker));
    if (this.size > 1) this.#stepLines.tell(this.#sites.map(({ known }) => known.result));
    const [first, ...others] = new Set(failures); // A jump host that fails, fails for all behind it.
    for (const other of others) log.warning(other.message);
    if (first !== undefined) throw first;
  }
}
