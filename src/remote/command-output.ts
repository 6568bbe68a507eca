import type { Readable } from 'node:stream';

/** Bytes kept of what a command printed on each stream; the log has all of it. */
const keptBytes = 256 * 1024;

/** Takes what was printed; what it returns is waited for before more is read. */
export type OnOutput = (text: Buffer) => Promise<void> | undefined;

/** One stream of a command: from its mark on, passed on as it comes, its end kept in bounded memory. */
export class CommandOutput {
  readonly #mark: Buffer;
  readonly #onOutput: OnOutput;
  readonly #onMark: (rest: string) => void;
  #before: Buffer | undefined = Buffer.from('\n');
  #chunks: Buffer[] = [];
  #bytes = 0;
  #moved = false;
  #waiting = false;

  /** `onMark` is told what stands behind the mark on its line. */
  constructor(stream: Readable, mark: string, onOutput: OnOutput, onMark: (rest: string) => void) {
    this.#mark = Buffer.from(`\n${mark}`);
    this.#onOutput = onOutput;
    this.#onMark = onMark;
    stream.on('data', (data: Buffer) => {
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
    });
  }

  /** Whether something came since the last call, or still has to wait for room. */
  isBusy(): boolean {
    const busy = this.#moved || this.#waiting;
    this.#moved = false;
    return busy;
  }

  /** The last 256 KiB. */
  text(): string {
    return Buffer.concat(this.#chunks).subarray(-keptBytes).toString();
  }

  #behindMark(all: Buffer): Buffer {
    const from = all.indexOf(this.#mark);
    const end = from < 0 ? -1 : all.indexOf('\n', from + 1);
    if (end < 0) {
      this.#before = from < 0 ? all.subarray(-this.#mark.length) : all;
      return Buffer.alloc(0);
    }
    this.#before = undefined;
    this.#onMark(all.toString('utf8', from + this.#mark.length, end).trim());
    return all.subarray(end + 1);
  }

  #keep(output: Buffer): void {
    this.#chunks.push(output);
    this.#bytes += output.length;
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) > keptBytes) this.#bytes -= this.#chunks.shift()?.length ?? 0;
  }
}
