import type { Target } from '../config/config.ts';
import { deferred } from '../deferred.ts';
import { asShipperError, type ShipperError } from '../errors.ts';
import type { RunLog } from '../log.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { RunFacts, Setup } from '../remote/setup.ts';
import { expectedNames } from './expectation.ts';
import type { Wave } from './moments.ts';
import { type Limits, limits as usualLimits } from './patience.ts';
import { Site } from './site.ts';
import { fits } from './selecting.ts';
import { isOpen } from './state.ts';
import { StepLines } from './step-lines.ts';
import type { Selector, Work } from './timeline.ts';
import { withoutThem } from './without-them.ts';

export interface FleetOptions {
  readonly facts: RunFacts;
  readonly id: string;
  /** How many targets are worked on at once. */
  readonly concurrency: number;
  readonly connect: (target: Target, early: boolean) => Promise<Connection>;
  readonly log: RunLog;
  /** How long a target may be silent over each work; by default minutes. */
  readonly limits?: Limits;
  /** Once aborted, no further target is begun with. */
  readonly signal: AbortSignal;
}

type MakeSetup = (target: Target, index: number, connection: Connection) => Setup;

/** Milliseconds that the others may still take with their work once one has failed. */
const graceMilliseconds = 5_000;

/** All targets of one run: connected, worked on, interrupted and judged together. */
export class Fleet {
  readonly sites: readonly Site[];
  readonly #options: FleetOptions;
  readonly #stepLines: StepLines;

  constructor(options: FleetOptions, setup: MakeSetup) {
    const { facts, id, log, connect, limits = usualLimits } = options;
    const { config, command, revision, epoch, lockTimeout } = facts;
    this.#options = options;
    this.#stepLines = new StepLines(log);
    const isNew = command === 'deploy' || command === 'prepare';
    this.sites = config.targets.map(
      (target, index) =>
        new Site({
          target,
          token: `run-${id}-${index}`,
          log,
          named: config.targets.length > 1,
          limits,
          lockTimeout,
          connect,
          setup: (connection) => setup(target, index, connection),
          isExpectedName: expectedNames({ revision, epoch, isNew }),
        }),
    );
  }

  /** Those of a wave, or of all, that fit now. */
  select(selector: Selector, wave?: Wave): readonly Site[] {
    return this.sites.slice(wave?.from, wave?.to).filter((site) => fits(site, selector));
  }

  /**
   * Connects to all, and rejects with the first failure after the last one has been tried. `atOnce`: work follows at
   * once; a single target need not have let the user in before, of several all have.
   */
  async connect(atOnce: boolean): Promise<void> {
    try {
      await this.#each(this.sites, async (site) => site.connect(atOnce && this.sites.length === 1));
    } catch (error) {
      throw withoutThem(error, this.sites);
    }
  }

  /** Takes the steps on these. Rejects with the first failure; what the others still do then has some seconds to end. */
  async perform(sites: readonly Site[], work: readonly Work[], last = false, revision?: string): Promise<void> {
    await this.#each(sites, async (site) => site.perform(work, last, revision), graceMilliseconds);
  }

  /** Reads on every target that is connected, and asks it what else there is, whatever becomes of the others. */
  async read(work: readonly Work[], ask?: (site: Site) => Promise<void>): Promise<void> {
    const connected = this.sites.filter(({ connection }) => connection !== undefined);
    await this.#each(connected, async (site) => {
      await site.perform(work, true);
      await ask?.(site);
    });
  }

  /** Each by itself, so that none waits for another: what is still being done there ends, and the work is done. */
  async putBack(sites: readonly Site[], work: readonly Work[], last: boolean, commands: boolean): Promise<void> {
    await this.#each(sites, async (site) => {
      await site.interrupt(commands);
      await site.perform(work, last);
      if (work.includes('go_back')) site.learn({ kind: 'cleared' });
    });
  }

  /** Ends what listeners still run there. */
  async interrupt(): Promise<void> {
    await this.#each(this.sites, async (site) => site.interrupt(true));
  }

  /** Asks the targets that were lost while only they knew what the run came to. */
  async judge(): Promise<void> {
    await this.#each(
      this.sites.filter((site) => site.isUndecided),
      async (site) => site.judge(),
    );
    for (const site of this.sites.filter(({ lost, state }) => lost && isOpen(state.phase))) {
      site.learn({ kind: 'gone' });
      const what =
        'the connection was lost before anything was switched there; it puts itself in order within a minute';
      this.#options.log.warning(`${site.target.name}: ${what}`);
    }
  }

  end(): void {
    for (const site of this.sites) site.end();
  }

  /**
   * Works on these targets, as many at once as is allowed. The first failure wins, the others are warnings. `grace`:
   * milliseconds to wait for the others after the first failure; without it, until all have ended.
   */
  async #each(sites: readonly Site[], work: (site: Site) => Promise<void>, grace?: number): Promise<void> {
    const { concurrency, signal } = this.#options;
    const wasCancelled = signal.aborted;
    const waiting = [...sites];
    const failures = new Set<ShipperError>(); // A jump host that fails, fails for all behind it.
    const late = deferred();
    let timer: NodeJS.Timeout | undefined;
    const worker = async (): Promise<void> => {
      for (let site = waiting.shift(); site !== undefined; site = waiting.shift()) {
        if (signal.aborted && !wasCancelled) return;
        await work(site).catch((error: unknown) => {
          failures.add(noted(site, error));
          if (grace === undefined) return;
          waiting.length = 0;
          timer ??= setTimeout(late.resolve, grace);
        });
      }
    };
    const workers = Array.from({ length: Math.min(concurrency, waiting.length) }, worker);
    await Promise.race([Promise.all(workers), late.promise]);
    clearTimeout(timer);
    this.#tell([...failures].slice(1));
    const [first] = failures;
    if (first !== undefined) throw first;
  }

  #tell(failures: readonly ShipperError[]): void {
    if (this.sites.length > 1) {
      this.#stepLines.tell(
        this.sites.map(({ target, knowledge }) => ({ name: target.name, steps: knowledge.steps.times })),
      );
    }
    for (const { message } of failures) this.#options.log.warning(message);
  }
}

/** What failed there, if nothing did before. */
function noted(site: Site | undefined, error: unknown): ShipperError {
  const failure = asShipperError(error);
  if (site !== undefined) site.failure ??= failure;
  return failure;
}
