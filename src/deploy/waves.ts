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
