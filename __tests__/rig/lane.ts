import type { Socket } from 'node:net';

/** What a lane asks its relay, anew for every parcel. */
export interface LaneRules {
  /** Milliseconds that a byte is under way. */
  readonly delay: () => number;
  /** Whether nothing may pass for now; `deliver` is called when that ends. */
  readonly blocked: () => boolean;
  /** How many of the next `length` bytes may pass: at least one, unless blocked. */
  readonly admit: (length: number) => number;
  /** Called once that many bytes have left for the other side. */
  readonly passed: (length: number) => void;
}

interface Parcel {
  readonly due: number;
  /** Undefined is the end of the stream, which travels like any byte. */
  readonly bytes: Buffer | undefined;
}

/** With more bytes than this under way, the sender waits. */
const mostUnderWay = 16 * 1024 * 1024;

/** One direction of one connection: what comes in at `from` goes out at `to`, later and in the same order. */
export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #rules: LaneRules;
  readonly #parcels: Parcel[] = [];
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, rules: LaneRules) {
    this.#from = from;
    this.#to = to;
    this.#rules = rules;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => this.#take(undefined));
    to.on('close', () => clearTimeout(this.#timer));
  }

  /** Sends on what is due and may pass, and sees to the rest when its time comes. */
  deliver(): void {
    clearTimeout(this.#timer);
    for (let next = this.#parcels[0]; next !== undefined && !this.#rules.blocked(); next = this.#parcels[0]) {
      const wait = next.due - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.deliver(), wait);
        return;
      }
      this.#parcels.shift();
      this.#send(next);
    }
  }

  #take(bytes: Buffer | undefined): void {
    this.#parcels.push({ due: performance.now() + this.#rules.delay(), bytes });
    this.#underWay += bytes?.length ?? 0;
    if (this.#underWay > mostUnderWay) this.#from.pause();
    if (this.#parcels.length === 1) this.deliver();
  }

  #send({ bytes, due }: Parcel): void {
    if (this.#to.destroyed) return;
    if (bytes === undefined) {
      this.#to.end();
      return;
    }
    const admitted = this.#rules.admit(bytes.length);
    if (admitted < bytes.length) this.#parcels.unshift({ due, bytes: bytes.subarray(admitted) });
    this.#to.write(bytes.subarray(0, admitted), (error) => {
      if (error) return;
      this.#underWay -= admitted;
      if (this.#underWay <= mostUnderWay) this.#from.resume();
      this.#rules.passed(admitted);
    });
  }
}
