import { listed } from '../gathered.ts';
import type { RunLog } from '../log.ts';
import type { Fleet } from './fleet.ts';
import type { Wave } from './moments.ts';
import type { TargetWave } from './result.ts';

/** The waves of a fleet, whose sizes together are all of its targets. */
export function wavesOf(sizes: readonly number[]): readonly Wave[] {
  let from = 0;
  return sizes.map((size, index) => {
    const wave = { number: index + 1, of: sizes.length, from, to: from + size };
    from = wave.to;
    return wave;
  });
}

/** The waves of one run, and when each began. */
export class Waves {
  readonly all: readonly Wave[];
  readonly #begun = new Map<number, string>();

  constructor(sizes: readonly number[]) {
    this.all = wavesOf(sizes);
  }

  /** Notes the time at which a wave begins, and says which targets it is, where there are several. */
  begin({ number, of, ...wave }: Wave, fleet: Fleet, log: RunLog): void {
    if (of < 2 || this.#begun.has(number)) return;
    this.#begun.set(number, new Date().toISOString());
    const names = fleet.select('working', { number, of, ...wave }).map(({ target }) => target.name);
    log.info(`wave ${number} of ${of}: ${listed(names)}`);
  }

  /** The wave of the target with that index; undefined where all are one. */
  waveOf(index: number): TargetWave | undefined {
    const wave = this.all.find(({ from, to }) => index >= from && index < to);
    if (wave === undefined || wave.of < 2) return undefined;
    return { number: wave.number, of: wave.of, beganAt: this.#begun.get(wave.number) };
  }
}

/** The time of day of a wave's beginning, in UTC; empty where it never began. */
export function timeOf({ beganAt = '' }: TargetWave): string {
  return beganAt.slice(11, 19);
}
