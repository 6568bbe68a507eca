import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Deferred, deferred } from '../deferred.ts';
import { feed, packer, type Packing } from './compress.ts';
import { type StreamOptions, tarStream } from './stream.ts';

export interface OutgoingOptions extends Omit<StreamOptions, 'tally'> {
  readonly packing: Packing;
  /** About how many there will be, not packed. */
  readonly bytes: number;
  /** Packed bytes that may wait in memory until every target has taken them. */
  readonly room: number;
}

/** What one target gets of it. */
export interface Shipment {
  /** What was read so far, and how much of it went over the network to this target, packed. */
  tally(): { readonly files: number; readonly bytes: number; readonly wire: number };
  /** Sends all of it and ends the stream. Rejects with UPLOAD where a file is not what it was. */
  into(stream: Writable, signal: AbortSignal): Promise<void>;
}

/**
 * What targets get that lack the same: it is read and packed once, from the moment it is made, as far as there is room.
 * Whoever takes it slowly holds up the others once the room is full, as all of them have to be done before a switch.
 */
export class Outgoing {
  readonly packing: Packing;
  readonly #tally = { files: 0, bytes: 0 };
  readonly #room: number;
  readonly #filled: Promise<void>;
  /** The pieces that are held, of which the first is the stream's piece of that number. */
  #pieces: Buffer[] = [];
  #first = 0;
  #held = 0;
  #state: 'filling' | 'full' | 'failed' | 'dropped' = 'filling';
  #change: Deferred<void> = deferred();
  /** The number of the next piece of each reader. */
  readonly #readers = new Set<{ next: number }>();

  constructor({ packing, bytes, room, ...stream }: OutgoingOptions) {
    this.packing = packing;
    this.#room = room;
    this.#filled = this.#fill(packer(packing, bytes), stream);
    this.#filled.catch(() => undefined); // Whoever sends it awaits it.
  }

  /** Whether it can be had from its beginning. */
  get isWhole(): boolean {
    return this.#first === 0 && this.#state !== 'dropped';
  }

  get isTaken(): boolean {
    return this.#readers.size > 0;
  }

  /** For one target, which has it from its beginning. */
  ship(): Shipment {
    const reader = { next: this.#first };
    this.#readers.add(reader);
    let wire = 0;
    const count = new Transform({
      transform(piece: Buffer, _encoding, done) {
        wire += piece.length;
        done(null, piece);
      },
    });
    return {
      tally: () => ({ ...this.#tally, wire }),
      into: async (stream, signal) => {
        try {
          await pipeline(Readable.from(this.#read(reader)), count, stream, { signal });
          await this.#filled;
        } finally {
          this.#readers.delete(reader);
          this.#changed();
        }
      },
    };
  }

  /** For what nobody is going to send any more. */
  drop(): void {
    this.#state = 'dropped';
    this.#pieces = [];
    this.#changed();
  }

  async #fill(packing: Transform, stream: Omit<StreamOptions, 'tally'>): Promise<void> {
    const fed = feed(tarStream({ ...stream, tally: this.#tally }), packing);
    fed.catch(() => undefined); // What it rejects with ends the packing too.
    try {
      for await (const piece of packing as AsyncIterable<Buffer>) {
        while (this.#state === 'filling' && !this.#hasRoom()) await this.#change.promise;
        if (this.#state === 'dropped') break;
        this.#pieces.push(piece);
        this.#held += piece.length;
        this.#changed();
      }
      await fed;
      if (this.#state === 'filling') this.#state = 'full';
    } catch (error) {
      this.#state = 'failed';
      throw error;
    } finally {
      this.#changed();
    }
  }

  /** Lets go of what every reader has, where there is no room otherwise. */
  #hasRoom(): boolean {
    const taken = this.isTaken ? Math.min(...[...this.#readers].map(({ next }) => next)) : this.#first;
    while (this.#held >= this.#room && this.#first < taken) {
      this.#held -= this.#pieces.shift()?.length ?? 0;
      this.#first += 1;
    }
    return this.#held < this.#room;
  }

  async *#read(reader: { next: number }): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      const piece = this.#pieces[reader.next - this.#first];
      if (piece !== undefined) {
        reader.next += 1;
        this.#changed();
        yield piece;
      } else if (this.#state === 'filling') await this.#change.promise;
      else return this.#state === 'failed' ? this.#filled : undefined;
    }
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = deferred();
    resolve();
  }
}
