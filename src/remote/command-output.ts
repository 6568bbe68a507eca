import type { Readable } from 'node:stream';
import { limits } from './limits.ts';

/** Pieces that are kept before they become one: a target may send every byte by itself. */
const mostChunks = 1_000;

/** Takes what was printed; what it returns is waited for before more is read. */
export type OnOutput = (text: Buffer) => Promise<void> | undefined;

/** One stream of a command, passed on as it comes, its end kept in bounded memory. */
export class CommandOutput {
  readonly #onOutput: OnOutput;
  readonly #mark: Buffer;
  /** What came before the mark, as far as it could be a part of it; undefined once it was met. */
  #before: Buffer | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #moved = false;
  #waiting = false;

  /** @param mark the line behind which the output begins; without one it begins at once. */
  constructor(onOutput: OnOutput, mark?: string) {
    this.#onOutput = onOutput;
    this.#mark = Buffer.from(`\n${mark ?? ''}\n`);
    this.#before = mark === undefined ? undefined : Buffer.from('\n');
  }

  /** @param first what was read of the stream already. */
  read(stream: Readable, first: Buffer = Buffer.alloc(0)): void {
    const take = (data: Buffer): void => {
      this.#moved = true;
      const output = this.#before === undefined ? data : this.#behindMark(Buffer.concat([this.#before, data]));
      if (output.length === 0) return;
      this.#keep(output);
      const room = this.#onOutput(output);
      if (room === undefined) return;
      this.#waiting = true;
      stream.pause();
      void room.then(() => {
        this.#waiting = false;
        stream.resume();
      });
    };
    stream.on('data', take);
    take(first);
  }

  /** Whether something came since the last call, or still has to wait for room. */
  isBusy(): boolean {
    const busy = this.#moved || this.#waiting;
    this.#moved = false;
    return busy;
  }

  /** The last 256 KiB. */
  text(): string {
    return Buffer.concat(this.#chunks).subarray(-limits.output).toString();
  }

  #behindMark(all: Buffer): Buffer {
    const from = all.indexOf(this.#mark);
    this.#before = from < 0 ? all.subarray(-this.#mark.length) : undefined;
    return from < 0 ? Buffer.alloc(0) : all.subarray(from + this.#mark.length);
  }

  #keep(output: Buffer): void {
    this.#chunks.push(output);
    this.#bytes += output.length;
    if (this.#bytes < 2 * limits.output && this.#chunks.length < mostChunks) return;
    const kept = Buffer.from(Buffer.concat(this.#chunks).subarray(-limits.output)); // A copy, to let go of the rest.
    this.#chunks = [kept];
    this.#bytes = kept.length;
  }
}
