import type { RunLog } from '../log.ts';
import type { Fleet } from './fleet.ts';
import type { Wave } from './moments.ts';

/** The waves of a fleet, whose sizes together are all of its targets. */
export function wavesOf(sizes: readonly number[]): readonly Wave[] {
  let from = 0;
  return sizes.map((size, index) => {
    const wave = { number: index + 1, of: sizes.length, from, to: from + size };
    from = wave.to;
    return wave;
  });
}

/** Says which targets a wave is, where there are several. */
export function tellWave(wave: Wave, fleet: Fleet, log: RunLog): void {
  if (wave.of < 2) return;
  const names = fleet.select('working', wave).map(({ target }) => target.name);
  log.info(`wave ${wave.number} of ${wave.of}: ${names.join(', ')}`);
}
