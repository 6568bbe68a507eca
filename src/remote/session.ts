import { steps } from '../config/events.ts';
import { deferred } from '../deferred.ts';
import { ShipperError, type ErrorCode, errorCodes } from '../errors.ts';
import { shipperSh } from '../generated/shipper-sh.ts';
import type { Log } from '../log.ts';
import type { Channel, Connection } from '../ssh/connection-types.ts';
import { type Fact, frame, readFact } from './frame.ts';
import { drained } from './drained.ts';
import { mustBeFed, start } from './loader.ts';
import type { Setup } from './setup.ts';
import { silentStart, unknownStart } from './start-failure.ts';

/** Milliseconds that a script which ended its work may take to exit, before its channel is closed for it. */
const exitMilliseconds = 2_000;

export interface SessionOptions {
  readonly connection: Connection;
  /** Name of the target, for errors. */
  readonly name: string;
  /** What the first frame says, up to its steps. */
  readonly setup: Setup;
  /** Told of each fact as it arrives, those of a step before the step's own. */
  readonly onFact: (fact: Fact) => void;
  readonly log: Log;
  /** Seconds to wait for the target's script to answer at all. */
  readonly answerTimeout: number;
  /** Milliseconds between two beats. Default 5000: the lease on the target outlives eight of them. */
  readonly beat?: number;
}

interface Work {
  readonly facts: Fact[];
  failure: ShipperError | undefined;
  step: string | undefined;
  readonly resolve: (facts: readonly Fact[]) => void;
  readonly reject: (error: ShipperError) => void;
}

/**
 * The runner's end of the one shell on a target. It is opened by the first `perform`, in whose exec request the script
 * and the steps travel; whatever is performed later is one message there and one back.
 */
export class Session {
  readonly #options: SessionOptions;
  #channel: Channel | undefined;
  #work: Work | undefined;
  #interrupted: (() => void) | undefined;
  #beat: NodeJS.Timeout | undefined;
  #answered = false;
  /** Whether the connection went away, and not the script alone. */
  #isCut = false;
  #preamble = '';
  #stderr = '';
  #rest = '';
  #over = false;
  /** What was said before the target's script could listen. */
  readonly #held: string[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Whether the target's script can still be spoken with. */
  get open(): boolean {
    return this.#channel !== undefined && !this.#over;
  }

  /**
   * Takes steps on the target and resolves with all facts that they told. Rejects with what failed, or with CONNECT
   * when the connection went away before the answer. `last` lets the script end afterwards.
   */
  async perform(steps: readonly string[], { last = false, revision = '' } = {}): Promise<readonly Fact[]> {
    if (this.#over) throw this.#lost(steps[0]);
    const { promise, resolve, reject } = deferred<readonly Fact[]>();
    this.#work = { facts: [], failure: undefined, step: steps[0], resolve, reject };
    const what = ['do', ...(this.#channel === undefined ? [] : [revision]), String(last), ...steps];
    if (this.#channel === undefined) await this.#start(what);
    else this.#send(frame(what));
    const facts = await promise;
    if (last) await this.#exit();
    return facts;
  }

  /** Stops what the target is doing for this run, and the commands of its listeners. Resolves when they are gone. */
  async interrupt(): Promise<void> {
    if (!this.open) return;
    const done = deferred();
    this.#interrupted = done.resolve;
    this.#send('interrupt');
    await done.promise;
    this.#work?.reject(new ShipperError('CANCELLED', 'interrupted', { target: this.#options.name }));
    this.#work = undefined;
  }

  /** Whether the target's script has said a word. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Ends the process group of a listener's command that has this leader. */
  stop(leader: string): void {
    this.#send(`stop ${leader}`);
  }

  /** Lets go of the channel; a script that is still there sees the end of its input and settles the run alone. */
  close(): void {
    this.#ended(undefined);
    // A start-up file that waits for input must not take its end for an answer.
    if (!this.#answered) this.#channel?.kill();
    else if (this.#channel?.stdin.writable === true) this.#channel.stdin.end();
  }

  async #start(what: readonly string[]): Promise<void> {
    const { connection, setup, answerTimeout, name, beat = 5_000 } = this.#options;
    const more = setup.hidden.length > 0 ? ['more', 'stdin'] : [];
    const { request, input, feed } = start(shipperSh, frame([...setup.words, ...more, ...what]), connection);
    void connection.lost.then(() => (this.#isCut = true));
    const channel = await connection.exec(request, input);
    this.#channel = channel;
    const silence = setTimeout(() => this.#ended(silentStart(name, answerTimeout)), answerTimeout * 1000);
    channel.stdin.on('error', (error: Error) => this.#options.log.debug(`${name}: ${error.message}`));
    channel.stderr.on('data', (data: Buffer) => (this.#stderr = (this.#stderr + data.toString()).slice(-4096)));
    channel.stdout.on('data', (data: Buffer) => {
      const lines = (this.#rest + data.toString()).split('\n');
      this.#rest = (lines.pop() ?? '').slice(this.#answered ? 0 : -4096);
      for (const line of lines) {
        if (this.#answered) this.#fact(readFact(line));
        else if (line === 'shipper 1') {
          this.#answered = true;
          clearTimeout(silence);
          if (more.length > 0) this.#send(`more ${frame(setup.hidden)}`);
          for (const held of this.#held.splice(0)) this.#send(held);
        } else if (line === 'shipper-feed') {
          mustBeFed(connection);
          channel.stdin.write(feed);
        } else this.#preamble = `${this.#preamble}${line}\n`.slice(0, 4096);
      }
    });
    this.#beat = setInterval(() => this.#answered && this.#send('b'), beat);
    void drained(channel).then(() => {
      clearTimeout(silence);
      this.#ended(undefined);
    });
  }

  #fact(fact: Fact): void {
    const work = this.#work;
    const [first = '', second, third] = fact.values;
    this.#options.log.debug(`${this.#options.name}: ${fact.kind} ${fact.values.join(' ')}`);
    if (fact.kind === 'interrupted') this.#interrupted?.();
    if (work === undefined || fact.kind === 'interrupted' || fact.kind === 'stopped') return;
    if (fact.kind === 'end') {
      this.#work = undefined;
      if (first === '0') work.resolve(work.facts);
      else work.reject(work.failure ?? this.#failure('INTERNAL', `the script ended with ${first}`, work.step));
      return;
    }
    if (fact.kind === 'error') {
      const code = errorCodes.find((known) => known === first) ?? 'INTERNAL';
      work.failure = this.#failure(code, third ?? '', second);
      return;
    }
    work.facts.push(fact);
    this.#options.onFact(fact);
  }

  #failure(code: ErrorCode, message: string, step: string | undefined): ShipperError {
    const target = this.#options.name;
    const isStep = (steps as readonly (string | undefined)[]).includes(step); // Others are Shipper's own words.
    const where = isStep ? `${target}, ${String(step)}` : target;
    return new ShipperError(code, `${where}: ${message}`, { target, step });
  }

  #lost(step: string | undefined): ShipperError {
    const said = this.#stderr.trim();
    const reason = said === '' ? '' : ` (the target said: ${said})`;
    return this.#failure('CONNECT', `the connection was lost${reason}; the target puts back by itself`, step);
  }

  #ended(reason: ShipperError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#beat);
    this.#interrupted?.();
    const work = this.#work;
    this.#work = undefined;
    if (work === undefined) return;
    if (reason !== undefined || this.#answered || this.#isCut) work.reject(reason ?? this.#lost(work.step));
    else work.reject(unknownStart(this.#options.name, `${this.#preamble}${this.#rest}${this.#stderr}`));
  }

  async #exit(): Promise<void> {
    clearInterval(this.#beat);
    const impatience = deferred();
    const timer = setTimeout(impatience.resolve, exitMilliseconds);
    await Promise.race([this.#channel?.exit, impatience.promise]);
    clearTimeout(timer);
    this.close();
  }

  #send(line: string): void {
    if (!this.#answered) this.#held.push(line);
    else if (this.#channel?.stdin.writable === true) this.#channel.stdin.write(`${line}\n`);
  }
}
