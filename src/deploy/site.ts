import type { Target } from '../config/config.ts';
import { ShipperError } from '../errors.ts';
import type { RunLog } from '../log.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { Fact } from '../target/frame.ts';
import { Session } from '../target/session.ts';
import { readHolder, readRevision } from './facts.ts';
import type { Status, TargetResult } from './result.ts';
import { isStep, type Work } from './timeline.ts';

export interface SiteOptions {
  readonly target: Target;
  /** This run's own word on this target, `run-…`. */
  readonly token: string;
  readonly log: RunLog;
  /** Whether lines of the log need the target's name. */
  readonly named: boolean;
  /** Seconds; for one attempt to connect, and for the target's shell to answer. */
  readonly connectTimeout: number;
  readonly connect: (target: Target) => Promise<Connection>;
  /** The words of the first frame, once the connection is there. */
  readonly setup: (target: Target, token: string, connection: Connection) => readonly string[];
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
}

/** One target in one run: its connection, its session, and what is known of it. */
export class Site {
  readonly target: Target;
  readonly token: string;
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
  /** What `preflight` and `inspect` found, for status and dry runs. */
  readonly found: Fact[] = [];
  /** Who holds the lock, in words. */
  holder: string | undefined;
  #connection: Connection | undefined;
  #session: Session | undefined;
  readonly #options: SiteOptions;
  #mark: number;

  constructor(options: SiteOptions) {
    this.#options = options;
    this.target = options.target;
    this.token = options.token;
    this.result = { host: options.target.host, name: options.target.name, status: 'failed', purged: [], steps: [] };
    this.#mark = options.clock();
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Whether steps can still be taken there. */
  get reachable(): boolean {
    return this.#session?.open === true;
  }

  /** Whether the target began to do what it was asked. */
  get begun(): boolean {
    return this.#session?.answered === true;
  }

  /** Absolute path on the target of the directory by which this run holds the lock. */
  get runDirectory(): string {
    return `${this.target.revisions}/.shipper/runs/${this.token}`;
  }

  async connect(): Promise<void> {
    const { target, connect, clock } = this.#options;
    this.#mark = clock();
    this.#connection = await connect(target);
    this.#took('connect');
  }

  /** Takes these steps; resolves when the target has, or rejects with what failed. */
  async perform(work: readonly Work[], last = false): Promise<void> {
    const { target, token, log, setup, connectTimeout } = this.#options;
    const { connection } = this;
    if (connection === undefined)
      throw new ShipperError('INTERNAL', `${target.name} is not connected`, { target: target.name });
    this.#session ??= new Session({
      connection,
      name: target.name,
      setup: setup(target, token, connection),
      onFact: (fact) => this.#learn(fact),
      log,
      answerTimeout: connectTimeout,
    });
    this.#mark = this.#options.clock();
    try {
      await this.#session.perform(work, { last, revision: this.result.revision ?? '' });
    } catch (error) {
      throw this.#withHolder(error);
    }
  }

  /** After a lost connection: connects anew and reads what the target made of the run, once it is done with it. */
  async judge(): Promise<void> {
    const { target, token, log, setup, connectTimeout, connect } = this.#options;
    const wasSwitched = this.switched;
    this.end();
    try {
      this.#connection = await connect(target);
      const words = [...setup(target, token, this.#connection), 'lost_token', token, 'token', `${token}-judge`];
      const onFact = (fact: Fact) => this.#learnVerdict(fact, wasSwitched);
      const options = { connection: this.#connection, name: target.name, setup: words, log, onFact };
      this.#session = new Session({ ...options, answerTimeout: connectTimeout });
      await this.#session.perform(['verdict'], { last: true });
    } catch (error) {
      this.unknown = true;
      const reason = error instanceof Error ? error.message : String(error);
      log.warning(`${target.name}: what became of the run there could not be read: ${reason}`);
    }
  }

  status(failed: boolean, cancelled: boolean): Status {
    if (this.unknown) return 'unknown';
    if (this.unchanged) return 'unchanged';
    if (!failed || this.completed) return 'succeeded';
    if (this.returned) return 'returned';
    return cancelled ? 'cancelled' : 'failed';
  }

  async interrupt(): Promise<void> {
    await this.#session?.interrupt();
  }

  stop(leader: string): void {
    this.#session?.stop(leader);
  }

  /** One more connection; the caller ends it. */
  async reconnect(): Promise<Connection> {
    return this.#options.connect(this.target);
  }

  end(): void {
    this.#session?.close();
    this.#connection?.end();
  }

  /** A refusal of the lock says who holds it. */
  #withHolder(error: unknown): unknown {
    const { holder } = this;
    if (!(error instanceof ShipperError) || error.code !== 'LOCKED' || holder === undefined) return error;
    return new ShipperError(
      'LOCKED',
      `${error.message}: it is held by ${holder}. It is freed when that run ends, at the latest a minute after it died; ` +
        'wait for it, cancel it, or give this run a longer lock-timeout',
      { target: error.target, step: error.step, cause: error },
    );
  }

  #learnVerdict({ kind, values }: Fact, wasSwitched: boolean): void {
    if (kind !== 'verdict') return;
    const [verdict, active = ''] = values;
    this.result.active = active === '' ? undefined : active;
    this.switched = false;
    this.completed = verdict === 'completed';
    this.returned = verdict === 'settled' && wasSwitched;
    this.unknown = verdict === 'unknown';
  }

  #took(name: string): void {
    const now = this.#options.clock();
    const milliseconds = Math.round(now - this.#mark);
    this.#mark = now;
    this.result.steps.push({ name, milliseconds });
    this.#options.log.step(this.#options.named ? `${this.target.name} ${name}` : name, milliseconds);
  }

  #learn({ kind, values }: Fact): void {
    const { log } = this.#options;
    const [first = '', second = ''] = values;
    const here = this.#options.named ? `${this.target.name}: ` : '';
    switch (kind) {
      case 'step':
        if (isStep(first)) this.#took(first);
        else this.#mark = this.#options.clock();
        break;
      case 'flushed':
        this.#took('sync');
        break;
      case 'revision':
        this.result.revision = first;
        this.result.revisionPath = `${this.target.revisions}/${first}`;
        break;
      case 'previous':
        this.result.previousRevision = first === '' ? undefined : first;
        break;
      case 'unchanged':
        this.unchanged = true;
        this.result.active = this.result.revision;
        break;
      case 'linked':
        this.switched = true;
        this.result.active = first;
        break;
      case 'returned':
        this.switched = false;
        this.returned = true;
        this.result.active = first === '' ? undefined : first;
        break;
      case 'completed':
        this.completed = true;
        this.switched = false;
        break;
      case 'purged':
        this.result.purged.push(first);
        break;
      case 'warning':
        log.warning(`${this.target.name}, ${first}: ${second}`);
        break;
      case 'settled':
        log.notice(`${here}put in order what an earlier run left when it died (${first})`);
        break;
      case 'waiting':
        log.info(`${here}waiting for the lock, held by ${readHolder(values).description}`);
        break;
      case 'holder':
        this.holder = readHolder(values).description;
        this.result.lock = readHolder(values).holder;
        break;
      case 'active':
        this.result.active = first === '' ? undefined : first;
        break;
      case 'listed':
        (this.result.revisions ??= []).push(readRevision(values));
        break;
      default:
        this.found.push({ kind, values });
    }
  }
}
