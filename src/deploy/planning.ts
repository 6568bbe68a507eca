import { asShipperError } from '../errors.ts';
import type { Listeners } from '../listeners/listeners.ts';
import type { UploadChanges } from '../listeners/preview.ts';
import type { RunFacts } from '../remote/setup.ts';
import { type Commits, commitsBetween } from './commits.ts';
import { planOf, wavesOfPlan } from './foreseen.ts';
import { nameOnAll } from './names.ts';
import type { Result } from './result.ts';
import type { Site } from './site.ts';

export interface PlanningOptions {
  readonly facts: RunFacts;
  readonly listeners: Listeners;
  /** Absolute path on the runner. */
  readonly workspace: string;
}

type Preview = Listeners['preview'];

/** What a dry run finds out beside what the targets read for it. */
export class Planning {
  readonly #options: PlanningOptions;
  readonly #preview: Preview;
  readonly #foresight: ReturnType<Preview['foresight']>;
  readonly #uploads = new Map<Site, UploadChanges>();
  readonly #notes = new Map<Site, string>();
  readonly #commits = new Map<string, Commits>();
  #problems: readonly string[] = [];

  /** Begins to read what there is to upload, while the targets are being connected. */
  constructor(options: PlanningOptions) {
    const { command } = options.facts;
    this.#options = options;
    this.#preview = options.listeners.preview;
    const uploads = command === 'deploy' || command === 'prepare';
    this.#foresight = uploads ? this.#preview.foresight() : Promise.resolve(undefined);
    this.#foresight.catch(() => undefined); // Whoever asks awaits it.
  }

  /** Asks a target what an upload would change there. What it cannot tell becomes a note. */
  async ask(site: Site): Promise<void> {
    try {
      const foresight = await this.#foresight;
      if (foresight === undefined) return;
      this.#problems = foresight.problems;
      this.#uploads.set(site, await foresight.on(site));
    } catch (error) {
      const [why = ''] = asShipperError(error).message.split('\n', 1);
      this.#notes.set(site, `what the uploads would change is not known: ${why}`);
    }
  }

  /** Reads the commits that these targets differ by from what they would get. */
  async readCommits(sites: readonly Site[]): Promise<void> {
    if (this.#options.facts.command === 'adopt') return;
    for (const site of sites) {
      const { from, to } = this.#ends(site);
      const key = `${from} ${to}`;
      if (from === undefined || this.#commits.has(key)) continue;
      this.#commits.set(key, await commitsBetween(this.#options.workspace, from, to));
    }
  }

  /** The result with what would be done, on each target that could be read and for the run. */
  addTo(result: Result, sites: readonly Site[]): Result {
    const { facts, listeners } = this.#options;
    const { command, config } = facts;
    const name = command === 'deploy' ? nameOnAll(sites, facts.revision) : facts.revision;
    const targets = result.targets.map((target, index) => {
      const site = sites[index];
      if (site === undefined || site.failure !== undefined) return target;
      const { from, to } = this.#ends(site);
      const [uploads, note] = [this.#uploads.get(site), this.#notes.get(site)];
      const read = { uploads, commits: this.#commits.get(`${from} ${to}`), notes: note === undefined ? [] : [note] };
      return { ...target, plan: planOf(site, { command, config, name, ...read }) };
    });
    const working = sites.filter(({ state }) => state.phase !== 'unchanged').map(({ target }) => target);
    const plan = {
      listeners: listeners.preview.planned(working),
      waves: wavesOfPlan(command, config, working),
      pause: config.waves.pause,
      notes: [...this.#problems, ...this.#preview.notes],
    };
    return { ...result, revision: result.revision ?? (name === '' ? undefined : name), targets, plan };
  }

  /** The commit of the active revision, and that of the one that would be active. */
  #ends({ knowledge, state }: Site): { readonly from: string | undefined; readonly to: string } {
    const { command, audit } = this.#options.facts;
    const commitOf = (name: string | undefined): string | undefined =>
      knowledge.revisions.find((row) => row.name === name)?.commit;
    const isNew = command === 'deploy' || command === 'prepare';
    const own = audit.commit === '-' ? 'HEAD' : audit.commit;
    return {
      from: state.active === undefined ? undefined : (commitOf(state.active) ?? '-'),
      to: isNew ? own : (commitOf(state.revision) ?? '-'),
    };
  }
}
