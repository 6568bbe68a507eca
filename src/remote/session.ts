import { deferred } from '../deferred.ts';
import { asShipperError, ShipperError } from '../errors.ts';
import { shipperSh } from '../generated/shipper-sh.ts';
import { patiently } from '../time-limit.ts';
import { type Fact, frame, readFact } from './frame.ts';
import { limits } from './limits.ts';
import { learn, mannersOf } from './loader.ts';
import { Script } from './script.ts';
import { explained, lostTarget } from './session-errors.ts';
import type { PerformOptions, SessionOptions } from './session-options.ts';
import { Speech } from './speech.ts';
import { forbidsExec, unknownStart } from './start-failure.ts';
import { failureOn, Work } from './work.ts';

/**
 * The runner's end of the one shell on a target. It is opened by the first `perform`, in whose exec request the script
 * and the steps travel; whatever is performed later is one message there and one back.
 */
export class Session {
  readonly #options: SessionOptions;
  #script: Script | undefined;
  #begun = false;
  #work: Work | undefined;
  #interrupted: (() => void) | undefined;
  /** Whether the connection went away, and not the script alone. */
  #isCut = false;
  #said = 0;
  #over = false;
  readonly #speech = new Speech();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Whether the target's script can still be spoken with. */
  get open(): boolean {
    return this.#script !== undefined && !this.#over;
  }

  /** Whether the target's script has said a word. */
  get answered(): boolean {
    return this.#speech.isHeard;
  }

  /**
   * Takes steps on the target and resolves with all facts that they told. Rejects with what failed, or with CONNECT
   * when the connection went away before the answer. Then the session is over: a script that is still there puts back by
   * itself. How long a target may be silent is for the owner to say, who closes the session then.
   */
  async perform(steps: readonly string[], options: PerformOptions = {}): Promise<readonly Fact[]> {
    const { last = false, revision = '' } = options;
    if (this.#over) throw this.#lost(steps[0]);
    const work = (this.#work = new Work(this.#options.name, steps));
    const what = [String(last), ...steps];
    if (this.#begun) this.#speech.say(frame(['do', revision, ...what]));
    else this.#start(['do', ...what]);
    const facts = await work.answer;
    if (last) await this.#exit();
    return facts;
  }

  /**
   * Stops what the target is doing for this run, and the commands of its listeners. Resolves when they are gone, or the
   * session is over.
   */
  async interrupt(): Promise<void> {
    if (!this.open) return;
    const done = deferred();
    this.#interrupted = done.resolve;
    this.#speech.say('interrupt');
    await done.promise;
    this.#fail(new ShipperError('CANCELLED', 'interrupted', { target: this.#options.name }));
  }

  /** Ends the process group of a listener's command that has this leader. */
  stop(leader: string): void {
    this.#speech.say(`stop ${leader}`);
  }

  /** Lets go of the channel; a script that is still there sees the end of its input and settles the run alone. */
  close(): void {
    this.#end(undefined);
  }

  /** Its rejections go to whoever waits for the work. */
  #start(what: readonly string[]): void {
    const { connection, setup } = this.#options;
    this.#begun = true;
    void connection.lost.then(() => (this.#isCut = true));
    const more = setup.hidden.length > 0 ? ['more', 'stdin'] : [];
    this.#talk([...setup.words, ...more, ...what]).catch((error: unknown) => {
      this.#end(asShipperError(error));
      this.#script?.discard(); // Or the script would wait for somebody to read before it puts back.
    });
  }

  /** From the script's start to its end. */
  async #talk(words: readonly string[]): Promise<void> {
    const { name, connection } = this.#options;
    const request = { access: { connection }, target: name, script: shipperSh, words, greeting: 'shipper 1' };
    const script = (this.#script = await Script.start(request));
    const greeting = this.open ? await script.greeted() : undefined;
    if (!this.open) {
      script.close();
      return;
    }
    if (greeting !== undefined) return this.#listen(script);
    const { said } = script;
    if (this.#isCut) throw this.#lost(this.#work?.step);
    if (!forbidsExec(said) || mannersOf(connection).isPlain) throw unknownStart(name, said);
    learn(connection, { isPlain: true });
    await script.freed();
    return this.#talk(words);
  }

  async #listen(script: Script): Promise<void> {
    const { name, setup, onAnswer, beat = 5_000 } = this.#options;
    const more = setup.hidden.length > 0 ? [`more ${frame(setup.hidden)}`] : [];
    onAnswer?.();
    this.#speech.begin(script.stdin, more, beat);
    void script.drained().then(() => this.#end(undefined));
    for (let line = await script.stdout.line(); line !== undefined; line = await script.stdout.line()) {
      this.#said += line.length;
      if (this.#said > limits.facts) throw failureOn(name, 'TARGET', 'it said more than any run has to say', undefined);
      this.#fact(readFact(line));
    }
    this.#end(undefined);
  }

  #fact(said: Fact): void {
    const { log, name, onFact } = this.#options;
    const work = this.#work;
    const fact = explained(said, this.#script?.stderr ?? '');
    log.debug(`${name}: ${fact.kind} ${fact.values.join(' ')}`);
    if (fact.kind === 'interrupted') this.#interrupted?.();
    if (fact.kind === 'end') this.#work = undefined;
    if (fact.kind === 'interrupted' || fact.kind === 'stopped') return; // They belong to no work.
    if (work?.learn(fact) === true) onFact(fact);
  }

  #lost(step: string | undefined): ShipperError {
    return lostTarget(this.#options.name, this.#script?.stderr ?? '', step);
  }

  #fail(error: ShipperError): void {
    this.#work?.fail(error);
    this.#work = undefined;
  }

  /** The session is over; without a reason, since the connection went away. */
  #end(reason: ShipperError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#work !== undefined) this.#fail(reason ?? this.#lost(this.#work.step));
    this.#interrupted?.();
    // A start-up file that waits for input must not take its end for an answer.
    if (this.#speech.isHeard) this.#speech.end();
    else this.#script?.channel.kill();
  }

  async #exit(): Promise<void> {
    this.#speech.stopBeating();
    if (this.#script !== undefined) await patiently(this.#script.channel.exit, limits.freedMilliseconds);
    this.close();
  }
}
