import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { feed, packer, type Packing } from './compress.ts';
import { type StreamOptions, tarStream } from './stream.ts';

/** Packed bytes that may wait in memory until a target takes them. */
const ahead = 32 * 1024 * 1024;

export interface OutgoingOptions extends Omit<StreamOptions, 'tally'> {
  readonly packing: Packing;
  /** About how many there will be, not packed. */
  readonly bytes: number;
}

/** What one target gets. It is read and packed from the moment it is made, as far as there is room for it. */
export class Outgoing {
  readonly packing: Packing;
  /** What was read so far, and how much became of it. */
  readonly tally = { files: 0, bytes: 0, wire: 0 };
  readonly #packed: Transform;
  readonly #done: Promise<unknown>;

  constructor({ packing, bytes, ...stream }: OutgoingOptions) {
    const { tally } = this;
    this.packing = packing;
    this.#packed = new Transform({
      readableHighWaterMark: ahead,
      transform(piece: Buffer, _encoding, done) {
        tally.wire += piece.length;
        done(null, piece);
      },
    });
    const through = packer(packing, bytes);
    this.#done = Promise.all([feed(tarStream({ ...stream, tally }), through), pipeline(through, this.#packed)]);
    this.#done.catch(() => undefined); // Whoever sends it awaits it.
  }

  /** Sends all of it and ends the stream. Rejects with UPLOAD where a file is not what it was. */
  async into(stream: Writable, signal: AbortSignal): Promise<void> {
    await Promise.all([this.#done, pipeline(this.#packed, stream, { signal })]);
  }

  /** For what nobody is going to send. */
  drop(): void {
    this.#packed.destroy();
  }
}
