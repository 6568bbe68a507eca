import type { Waves } from './config.ts';
import { below, type Document, placeOf } from './document.ts';
import type { Problems } from './problems.ts';
import type { RawConfig } from './raw.ts';

const pointer = '/config/waves/sizes';

/**
 * How so many targets switch: the sizes as written, a part of the fleet rounded up, the last one repeated until every
 * target has its wave. Without any it is one wave. What is wrong goes to `problems`.
 */
export function wavesOf(document: Document, { waves = {} }: RawConfig, fleet: number, problems: Problems): Waves {
  const { sizes = ['100%'], pause = 0 } = waves;
  const counts = sizes.flatMap((size, index) => {
    if (size === undefined) return [];
    const count = typeof size === 'number' ? size : Math.ceil((fleet * Number.parseInt(size, 10)) / 100);
    if (count > 0 || fleet === 0) return [count];
    problems.add(placeOf(document, below(pointer, index)).value, 'a wave of 0 % has no target: write at least "1%"');
    return [];
  });
  return { sizes: spread(counts, fleet), pause };
}

function spread(counts: readonly number[], fleet: number): readonly number[] {
  const sizes: number[] = [];
  for (let left = fleet; left > 0; left -= sizes.at(-1) ?? left) {
    const size = counts[sizes.length] ?? counts.at(-1) ?? fleet;
    sizes.push(Math.min(left, Math.max(1, size)));
  }
  return sizes;
}
