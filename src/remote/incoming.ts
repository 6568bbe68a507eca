import type { Readable } from 'node:stream';
import { deferred } from '../deferred.ts';
import { ShipperError } from '../errors.ts';
import { limits } from './limits.ts';

const newline = 10;

/** What a program on a target prints, read as it is asked for: what nobody asks for waits on the target. */
export class Incoming {
  readonly #stream: Readable;
  readonly #target: string;
  #chunks: Buffer[] = [];
  #length = 0;
  #over = false;
  #moved = false;
  #arrival = deferred();
  readonly #wake = (): void => {
    this.#arrival.resolve();
    this.#arrival = deferred();
  };

  /** @param over resolves when nothing more can arrive. */
  constructor(stream: Readable, over: Promise<void>, target: string) {
    this.#stream = stream;
    this.#target = target;
    stream.on('readable', this.#wake);
    stream.on('end', this.#wake);
    stream.on('close', this.#wake);
    void over.then(() => this.end());
  }

  /**
   * The next line without its newline; undefined at the end. Rejects with TARGET where it is longer than any may be;
   * `cut` passes over its beginning instead: start-up files may print anything.
   */
  async line({ cut = false } = {}): Promise<string | undefined> {
    let [searched, before, passed] = [0, 0, 0]; // Chunks without a newline, their bytes, and those passed over.
    for (;;) {
      for (let bytes = this.#chunks[searched]; bytes !== undefined; bytes = this.#chunks[searched]) {
        const end = bytes.indexOf(newline);
        if (end !== -1) return this.#take(before + end + 1).toString('utf8', 0, before + end);
        searched += 1;
        before += bytes.length;
      }
      if (before > limits.line) {
        passed += before;
        if (!cut || passed > limits.startUp) throw this.#tooLong();
        this.#take(before);
        [searched, before] = [0, 0];
      }
      if (!(await this.#more())) return undefined;
    }
  }

  /** The next bytes, as many as these; undefined where they do not come. */
  async block(size: number): Promise<Buffer | undefined> {
    while (this.#length < size) if (!(await this.#more())) return undefined;
    return this.#take(size);
  }

  /** Reads no further, and hands over what was read and not asked for; whoever wants more takes the stream itself. */
  release(): Buffer {
    this.#stream.off('readable', this.#wake);
    return this.#take(this.#length);
  }

  /** Lets nobody wait any longer. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** Whether something came since the last call. */
  isBusy(): boolean {
    const busy = this.#moved;
    this.#moved = false;
    return busy;
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const bytes = this.#stream.read() as Buffer | null;
      if (bytes !== null) {
        this.#moved = true;
        this.#chunks.push(bytes);
        this.#length += bytes.length;
        return true;
      }
      if (this.#over || this.#stream.readableEnded || this.#stream.destroyed) return false;
      await this.#arrival.promise;
    }
  }

  #take(size: number): Buffer {
    const [first, ...others] = this.#chunks;
    if (first === undefined) return Buffer.alloc(0);
    const whole = first.length >= size ? first : Buffer.concat(this.#chunks);
    const kept = first.length >= size ? others : [];
    this.#chunks = size < whole.length ? [whole.subarray(size), ...kept] : kept;
    this.#length -= size;
    return whole.subarray(0, size);
  }

  #tooLong(): ShipperError {
    const message =
      `${this.#target}: the target sent a line of more than ${limits.line} bytes, which nothing of Shipper's says. ` +
      'Look at what its start-up files print, and whether somebody else speaks there.';
    return new ShipperError('TARGET', message, { target: this.#target });
  }
}
