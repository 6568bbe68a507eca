import { deferred } from '../deferred.ts';
import { asShipperError, ShipperError } from '../errors.ts';
import { shipperSh } from '../generated/shipper-sh.ts';
import { patiently } from '../time-limit.ts';
import { type Fact, frame, readFact } from './frame.ts';
import { limits } from './limits.ts';
import { Script } from './script.ts';
import type { PerformOptions, SessionOptions } from './session-options.ts';
import { unknownStart } from './start-failure.ts';
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
  #beat: NodeJS.Timeout | undefined;
  #answered = false;
  /** Whether the connection went away, and not the script alone. */
  #isCut = false;
  #said = 0;
  #over = false;
  /** What was said before the target's script could listen. */
  readonly #held: string[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Whether the target's script can still be spoken with. */
  get open(): boolean {
    return this.#script !== undefined && !this.#over;
  }

  /** Whether the target's script has said a word. */
  get answered(): boolean {
    return this.#answered;
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
    if (this.#begun) this.#send(frame(['do', revision, ...what]));
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
    this.#send('interrupt');
    await done.promise;
    this.#fail(new ShipperError('CANCELLED', 'interrupted', { target: this.#options.name }));
  }

  /** Ends the process group of a listener's command that has this leader. */
  stop(leader: string): void {
    this.#send(`stop ${leader}`);
  }

  /** Lets go of the channel; a script that is still there sees the end of its input and settles the run alone. */
  close(): void {
    this.#end(undefined);
  }

  /** Its rejections go to whoever waits for the work. */
  #start(what: readonly string[]): void {
    const { connection, setup, name } = this.#options;
    this.#begun = true;
    void connection.lost.then(() => (this.#isCut = true));
    const more = setup.hidden.length > 0 ? ['more', 'stdin'] : [];
    const words = [...setup.words, ...more, ...what];
    Script.start({ access: { connection }, target: name, script: shipperSh, words, greeting: 'shipper 1' })
      .then(async (script) => this.#listen(script))
      .catch((error: unknown) => {
        this.#end(asShipperError(error));
        this.#script?.discard(); // Or the script would wait for somebody to read before it puts back.
      });
  }

  async #listen(script: Script): Promise<void> {
    const { name, setup, onAnswer, beat = 5_000 } = this.#options;
    this.#script = script;
    if (this.#over) {
      script.close();
      return;
    }
    this.#beat = setInterval(() => this.#answered && this.#send('b'), beat);
    const greeting = await script.greeted();
    if (greeting === undefined) throw this.#isCut ? this.#lost(this.#work?.step) : unknownStart(name, script.said);
    this.#answered = true;
    onAnswer?.();
    if (setup.hidden.length > 0) this.#send(`more ${frame(setup.hidden)}`);
    for (const held of this.#held.splice(0)) this.#send(held);
    void script.drained().then(() => this.#end(undefined));
    for (let line = await script.stdout.line(); line !== undefined; line = await script.stdout.line()) {
      this.#said += line.length;
      if (this.#said > limits.facts) throw failureOn(name, 'TARGET', 'it said more than any run has to say', undefined);
      this.#fact(readFact(line));
    }
    this.#end(undefined);
  }

  #fact(fact: Fact): void {
    const { log, name, onFact } = this.#options;
    const work = this.#work;
    log.debug(`${name}: ${fact.kind} ${fact.values.join(' ')}`);
    if (fact.kind === 'interrupted') this.#interrupted?.();
    if (fact.kind === 'end') this.#work = undefined;
    if (fact.kind === 'interrupted' || fact.kind === 'stopped') return; // They belong to no work.
    if (work?.learn(fact) === true) onFact(fact);
  }

  #lost(step: string | undefined): ShipperError {
    const said = this.#script?.stderr ?? '';
    const reason = said === '' ? '' : ` (the target said: ${said})`;
    return failureOn(
      this.#options.name,
      'CONNECT',
      `the connection was lost${reason}; the target puts back by itself`,
      step,
    );
  }

  #fail(error: ShipperError): void {
    this.#work?.fail(error);
    this.#work = undefined;
  }

  /** The session is over; without a reason, since the connection went away. */
  #end(reason: ShipperError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#beat);
    if (this.#work !== undefined) this.#fail(reason ?? this.#lost(this.#work.step));
    this.#interrupted?.();
    // A start-up file that waits for input must not take its end for an answer.
    if (!this.#answered) this.#script?.channel.kill();
    else if (this.#script?.stdin.writable === true) this.#script.stdin.end();
  }

  async #exit(): Promise<void> {
    clearInterval(this.#beat);
    if (this.#script !== undefined) await patiently(this.#script.channel.exit, limits.freedMilliseconds);
    this.close();
  }

  #send(line: string): void {
    if (!this.#answered) this.#held.push(line);
    else if (this.#script?.stdin.writable === true) this.#script.stdin.write(`${line}\n`);
  }
}
