import type { EventName } from '../config/events.ts';
import type { Row, Selector, Work } from './timeline.ts';

/** One wave of a fleet: its number from 1, of how many, and the indexes of its targets. */
export interface Wave {
  readonly number: number;
  readonly of: number;
  /** From the first target's index up to, not including, this one. */
  readonly from: number;
  readonly to: number;
}

/** What a run comes to next: an event, or work that travels to every target as one message. */
export type Moment = (
  | { readonly kind: 'event'; readonly event: EventName; readonly on: Selector; readonly late: number | undefined }
  | { readonly kind: 'work'; readonly work: readonly Work[]; readonly on: Selector; readonly last: boolean }
  | { readonly kind: 'judge' }
  /** Seconds. */
  | { readonly kind: 'pause'; readonly seconds: number }
) & { readonly wave?: Wave };

export interface Playing {
  /** Whether a listener is attached to the event: only then it parts the work around it. */
  readonly listensTo: (event: EventName) => boolean;
  /** How many targets there are: a single one waits for no other. */
  readonly fleet: number;
  /** Whether the sessions stay open after the last work, for listeners that come then. */
  readonly stays: boolean;
  readonly waves: readonly Wave[];
  /** Seconds between two waves. */
  readonly pause: number;
}

/** The moments of a tape. Work without anything between it travels together. */
export function moments(tape: readonly Row[], playing: Playing): readonly Moment[] {
  const made = new Moments(playing);
  made.add(tape);
  return made.end();
}

class Moments {
  readonly #playing: Playing;
  readonly #moments: Moment[] = [];
  #work: Work[] = [];
  #on: Selector = 'working';
  #judging = false;
  #wave: Wave | undefined;

  constructor(playing: Playing) {
    this.#playing = playing;
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) {
      if (row === 'together') {
        if (this.#playing.fleet > 1) this.#part();
      } else if (row === 'judge') this.#judging = true;
      else if ('wave' in row) this.#addWaves(row.wave);
      else if ('work' in row) this.#addWork(row.work, row.on);
      else if (this.#playing.listensTo(row.event)) {
        this.#part();
        this.#push({ kind: 'event', event: row.event, on: row.on, late: row.late });
      }
    }
  }

  /** The last work of all lets the sessions end. */
  end(): readonly Moment[] {
    this.#part();
    if (this.#playing.stays) return this.#moments;
    return this.#moments.map((moment) =>
      moment.kind === 'work' && moment.work.includes('unlock') ? { ...moment, last: true } : moment,
    );
  }

  #addWaves(rows: readonly Row[]): void {
    for (const wave of this.#playing.waves) {
      this.#wave = wave;
      if (wave.number > 1 && this.#playing.pause > 0) this.#push({ kind: 'pause', seconds: this.#playing.pause });
      this.add(rows);
      if (wave.of > 1) this.#part();
      this.#wave = undefined;
    }
  }

  /** A message ends at its first failure: those that did not go back stay out of what follows for the others. */
  #addWork(work: Work, on: Selector): void {
    const fits = on === this.#on || (this.#on === 'open' && on === 'quiet');
    if (this.#work.length > 0 && !fits) this.#send();
    if (this.#work.length === 0) this.#on = on;
    this.#work.push(work);
  }

  #send(): void {
    if (this.#work.length > 0) this.#push({ kind: 'work', work: this.#work, on: this.#on, last: false });
    this.#work = [];
  }

  /** Nothing travels past here. */
  #part(): void {
    this.#send();
    if (this.#judging) this.#push({ kind: 'judge' });
    this.#judging = false;
  }

  #push(moment: Moment): void {
    this.#moments.push(this.#wave === undefined ? moment : { ...moment, wave: this.#wave });
  }
}
