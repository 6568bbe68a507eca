import { PassThrough, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { feed, packer, type Packing } from './compress.ts';
import { type StreamOptions, tarStream } from './stream.ts';

/** Packed bytes that may wait in memory until a target takes them. */
const ahead = 16 * 1024 * 1024;

export interface OutgoingOptions extends Omit<StreamOptions, 'tally'> {
  readonly packing: Packing;
  /** About how many there will be, not packed. */
  readonly bytes: number;
}

/** What one target gets. It is read and packed from the moment it is made, as far as there is room for it. */
export class Outgoing {
  readonly packing: Packing;
  /** What was read so far, and how much of it went over the network, packed. */
  readonly tally = { files: 0, bytes: 0, wire: 0 };
  readonly #packed: PassThrough;
  readonly #done: Promise<unknown>;

  constructor({ packing, bytes, ...stream }: OutgoingOptions) {
    this.packing = packing;
    this.#packed = new PassThrough({ readableHighWaterMark: ahead });
    const through = packer(packing, bytes);
    this.#done = Promise.all([
      feed(tarStream({ ...stream, tally: this.tally }), through),
      pipeline(through, this.#packed),
    ]);
    this.#done.catch(() => undefined); // Whoever sends it awaits it.
  }

  /** Sends all of it and ends the stream. Rejects with UPLOAD where a file is not what it was. */
  async into(stream: Writable, signal: AbortSignal): Promise<void> {
    const { tally } = this;
    const count = new Transform({
      transform(piece: Buffer, _encoding, done) {
        tally.wire += piece.length;
        done(null, piece);
      },
    });
    await Promise.all([this.#done, pipeline(this.#packed, count, stream, { signal })]);
  }

  /** For what nobody is going to send. */
  drop(): void {
    this.#packed.destroy();
  }
}
