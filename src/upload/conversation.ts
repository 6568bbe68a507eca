import type { Writable } from 'node:stream';
import { errorCodes, ShipperError } from '../errors.ts';
import { uploadSh } from '../generated/upload-sh.ts';
import { type Fact, readFact } from '../remote/frame.ts';
import { limits } from '../remote/limits.ts';
import type { Access } from '../remote/opening.ts';
import { Script } from '../remote/script.ts';
import { patiently, within } from '../time-limit.ts';

/** Milliseconds that a script which failed may take to remove what it made. */
const tidyMilliseconds = 3_000;

/** Milliseconds that the target may take to say why it ended, once it took no more data. */
const lastWordMilliseconds = 3_000;

/** One start of the target's upload script: facts and blocks of bytes come from it, one line and a stream go to it. */
export class Conversation {
  readonly #script: Script;
  readonly #target: string;

  private constructor(script: Script, target: string) {
    this.#script = script;
    this.#target = target;
  }

  /** Starts the script and waits for its first word; `signal` gives up until then. */
  static async start(
    access: Access,
    target: string,
    words: readonly string[],
    signal: AbortSignal,
  ): Promise<Conversation> {
    const request = { access, target, script: uploadSh, words, greeting: 'shipper-upload 1', signal };
    const script = await Script.start(request);
    const conversation = new Conversation(script, target);
    if ((await script.greeted()) === undefined) throw conversation.#lost();
    return conversation;
  }

  get stdin(): Writable {
    return this.#script.stdin;
  }

  /** The next fact. Rejects with what the target says has failed, or with CONNECT when it says nothing any more. */
  async fact(): Promise<Fact> {
    const line = await this.#said(this.#script.stdout.line());
    const fact = readFact(line);
    if (fact.kind !== 'error') return fact;
    const [code, , sentence = ''] = fact.values;
    const known = errorCodes.find((each) => each === code) ?? 'UPLOAD';
    await this.ended();
    throw new ShipperError(known, `${this.#target}: ${sentence}`, { target: this.#target });
  }

  /** The values of the next fact, which has to be of this kind. */
  async expect(kind: string): Promise<readonly string[]> {
    const fact = await this.fact();
    if (fact.kind === kind) return fact.values;
    throw this.failure(`the target said ${fact.kind} instead of ${kind}`);
  }

  /** The next bytes, as many as the target announced; UPLOAD where that is no number, or more than may be. */
  async block(announced: string, most: number): Promise<Buffer> {
    if (/^\d{1,15}$/.test(announced) && Number(announced) <= most) {
      return this.#said(this.#script.stdout.block(Number(announced)));
    }
    throw this.failure(`the target announces ${announced.slice(0, 40)} bytes, where ${most} are the most`);
  }

  failure(what: string): ShipperError {
    return new ShipperError('UPLOAD', `${this.#target}: ${what}`, { target: this.#target });
  }

  /** Waits for the script to put away what it made, and for its channel to be free for another; but not for ever. */
  async ended(): Promise<void> {
    await this.#script.freed(tidyMilliseconds);
  }

  /** What the target says has failed, if it says so soon. */
  async lastWord(): Promise<unknown> {
    const failure = this.#failure().catch((error: unknown) => error);
    return patiently(failure, lastWordMilliseconds);
  }

  /** Closes the channel; the script then ends by itself, or is ended through the steps' own channel. */
  close(): void {
    this.#script.close();
  }

  async #failure(): Promise<never> {
    for (;;) await this.fact();
  }

  async #said<T>(answer: Promise<T | undefined>): Promise<T> {
    const said = await within(answer, limits.silenceMilliseconds, () => this.#silent());
    if (said === undefined) throw this.#lost();
    return said;
  }

  #silent(): ShipperError {
    const minutes = limits.silenceMilliseconds / 60_000;
    const message = `${this.#target}: the target said nothing for ${minutes} minutes during the upload: look at its disk and its load.`;
    return new ShipperError('UPLOAD', message, { target: this.#target });
  }

  #lost(): ShipperError {
    const said = this.#script.stderr;
    const reason = said === '' ? '' : ` (the target said: ${said})`;
    const message = `${this.#target}: the connection was lost during the upload${reason}`;
    return new ShipperError('CONNECT', message, { target: this.#target });
  }
}
