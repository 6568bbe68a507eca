import type { Writable } from 'node:stream';
import { deferred } from '../deferred.ts';
import { errorCodes, ShipperError } from '../errors.ts';
import { uploadSh } from '../generated/upload-sh.ts';
import type { Channel, Connection } from '../ssh/connection-types.ts';
import { type Fact, frame, readFact } from '../remote/frame.ts';
import { start } from '../remote/loader.ts';

const newline = 10;

/** Milliseconds that a script which failed may take to remove what it made. */
const tidyMilliseconds = 3_000;

/** Milliseconds that the target may take to say why it ended, once it took no more data. */
const lastWordMilliseconds = 3_000;

/** One start of the target's upload script: facts and blocks of bytes come from it, one line and a stream go to it. */
export class Conversation {
  readonly #channel: Channel;
  readonly #target: string;
  #bytes: Buffer[] = [];
  #length = 0;
  #ended = false;
  #stderr = '';
  #arrival = deferred();

  private constructor(channel: Channel, target: string) {
    this.#channel = channel;
    this.#target = target;
    channel.stdin.on('error', () => undefined);
    channel.stderr.on('data', (data: Buffer) => (this.#stderr = (this.#stderr + data.toString()).slice(-4096)));
    channel.stdout.on('data', (data: Buffer) => {
      this.#bytes.push(data);
      this.#length += data.length;
      this.#arrived();
    });
    void channel.closed.then(() => {
      this.#ended = true;
      this.#arrived();
    });
  }

  /** Starts the script and waits for its first word. */
  static async start(connection: Connection, target: string, words: readonly string[]): Promise<Conversation> {
    const { request, input, feed } = start(uploadSh, frame(words), connection);
    const conversation = new Conversation(await connection.exec(request, input), target);
    for (;;) {
      const line = await conversation.#line();
      if (line === 'shipper-upload 1') return conversation;
      if (line === 'shipper-feed') conversation.stdin.write(feed);
    }
  }

  get stdin(): Writable {
    return this.#channel.stdin;
  }

  /** The next fact. Rejects with what the target says has failed, or with CONNECT when it says nothing any more. */
  async fact(): Promise<Fact> {
    const fact = readFact(await this.#line());
    if (fact.kind !== 'error') return fact;
    const [code, , sentence = ''] = fact.values;
    const known = errorCodes.find((each) => each === code) ?? 'UPLOAD';
    await this.ended();
    throw new ShipperError(known, `${this.#target}: ${sentence}`, { target: this.#target });
  }

  /** Waits for the script to put away what it made, but not for ever. */
  async ended(): Promise<void> {
    const patience = deferred();
    const timer = setTimeout(patience.resolve, tidyMilliseconds);
    await Promise.race([this.#channel.exit, patience.promise]);
    clearTimeout(timer);
  }

  /** The next bytes, as many as these. */
  async block(size: number): Promise<Buffer> {
    while (this.#length < size) await this.#more();
    return this.#take(size);
  }

  /** What the target says has failed, if it says so soon. */
  async lastWord(): Promise<unknown> {
    const patience = deferred<undefined>();
    const timer = setTimeout(() => patience.resolve(undefined), lastWordMilliseconds);
    const failure = this.#failure().catch((error: unknown) => error);
    const word = await Promise.race([failure, patience.promise]);
    clearTimeout(timer);
    return word;
  }

  /** Closes the channel; the script then ends by itself, or is ended through the steps' own channel. */
  close(): void {
    this.#ended = true;
    this.#arrived();
    this.#channel.stdout.destroy();
  }

  async #failure(): Promise<never> {
    for (;;) await this.fact();
  }

  async #line(): Promise<string> {
    for (;;) {
      const joined = this.#bytes.length === 1 ? this.#bytes[0] : Buffer.concat(this.#bytes);
      const end = joined?.indexOf(newline) ?? -1;
      if (joined !== undefined) this.#bytes = [joined];
      if (end !== -1)
        return this.#take(end + 1)
          .subarray(0, end)
          .toString();
      await this.#more();
    }
  }

  #take(size: number): Buffer {
    const joined = Buffer.concat(this.#bytes);
    const rest = joined.subarray(size);
    this.#bytes = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return joined.subarray(0, size);
  }

  async #more(): Promise<void> {
    if (this.#ended) {
      const said = this.#stderr.trim();
      const reason = said === '' ? '' : ` (the target said: ${said})`;
      throw new ShipperError('CONNECT', `${this.#target}: the connection was lost during the upload${reason}`, {
        target: this.#target,
      });
    }
    await this.#arrival.promise;
  }

  #arrived(): void {
    this.#arrival.resolve();
    this.#arrival = deferred();
  }
}
