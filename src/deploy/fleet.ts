import type { Target } from '../config/config.ts';
import { asShipperError, type ShipperError } from '../errors.ts';
import type { Place } from '../listeners/scene.ts';
import type { RunLog } from '../log.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { RunFacts } from '../target/setup.ts';
import { planLines } from './plan.ts';
import type { TargetResult } from './result.ts';
import { Site } from './site.ts';
import type { Work } from './timeline.ts';

export interface FleetOptions {
  readonly facts: RunFacts;
  readonly id: string;
  readonly concurrency: number;
  readonly connectTimeout: number;
  readonly connect: (target: Target) => Promise<Connection>;
  readonly log: RunLog;
  readonly clock: () => number;
}

type Setup = (target: Target, index: number, connection: Connection) => readonly string[];

/** All targets of one run, which go through it in step. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #sites: readonly Site[];

  constructor(options: FleetOptions, setup: Setup) {
    const { facts, id, log, connectTimeout, connect, clock } = options;
    this.#options = options;
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
          setup: (_, __, connection) => setup(target, index, connection),
          clock,
        }),
    );
  }

  get size(): number {
    return this.#sites.length;
  }

  get revision(): string | undefined {
    return this.#sites.find(({ result }) => result.revision !== undefined)?.result.revision;
  }

  get previous(): string | undefined {
    return this.#sites.find(({ result }) => result.previousRevision !== undefined)?.result.previousRevision;
  }

  /** Whether no target has anything left to do. */
  get isDone(): boolean {
    return this.#sites.every(({ unchanged, completed }) => unchanged || completed);
  }

  get isUnchanged(): boolean {
    return this.#sites.every(({ unchanged }) => unchanged);
  }

  get isCompleted(): boolean {
    return this.#sites.every(({ completed }) => completed);
  }

  get isSwitched(): boolean {
    return this.#sites.some(({ switched }) => switched);
  }

  get isReturned(): boolean {
    return this.#sites.some(({ returned }) => returned);
  }

  get isUnknown(): boolean {
    return this.#sites.some(({ unknown }) => unknown);
  }

  places(): readonly Place[] {
    return this.#sites.filter(({ unchanged }) => !unchanged);
  }

  async connect(): Promise<void> {
    const waiting = [...this.#sites];
    const work = async () => {
      for (let site = waiting.shift(); site !== undefined; site = waiting.shift()) await site.connect();
    };
    await this.#all(Array.from({ length: Math.min(this.#options.concurrency, waiting.length) }, work));
  }

  /** Takes the steps on every target that is not done. Rejects with the first failure, after all have answered. */
  async perform(work: readonly Work[], last: boolean): Promise<void> {
    const sites = this.#sites.filter(({ unchanged }) => !unchanged);
    await this.#all(sites.map(async (site) => site.perform(work, last)));
  }

  /** What each target would be made to do, after `inspect`. */
  plan(): void {
    const { command, config, revision } = this.#options.facts;
    for (const site of this.#sites) site.result.plan = planLines(command, config, site.target, revision, site);
  }

  /** Takes the steps on the targets that can still be reached and have begun. */
  async afterFailure(work: readonly Work[], last = false): Promise<void> {
    const sites = this.#sites.filter(({ reachable, completed, unchanged }) => reachable && !completed && !unchanged);
    await this.#all(sites.map(async (site) => site.perform(work, last)));
  }

  async interrupt(): Promise<void> {
    await this.#all(this.#sites.filter(({ reachable }) => reachable).map(async (site) => site.interrupt()));
  }

  /** Asks the targets whose connection was lost on the way what became of the run there. */
  async judgeLost(): Promise<void> {
    const lost = this.#sites.filter((site) => site.begun && !site.reachable && !site.completed && !site.unchanged);
    await this.#all(lost.map(async (site) => site.judge()));
  }

  results(error: ShipperError | undefined, cancelled: boolean): readonly TargetResult[] {
    return this.#sites.map((site) => {
      const own = error !== undefined && (error.target === undefined || error.target === site.target.name);
      return {
        ...site.result,
        status: site.status(error !== undefined, cancelled),
        ...(own ? { error: { code: error.code, message: error.message } } : {}),
      };
    });
  }

  end(): void {
    for (const site of this.#sites) site.end();
  }

  async #all(work: readonly Promise<void>[]): Promise<void> {
    const ended = await Promise.allSettled(work);
    const [first, ...others] = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    for (const each of others) this.#options.log.warning(asShipperError(each).message);
    if (first !== undefined) throw asShipperError(first);
  }
}
