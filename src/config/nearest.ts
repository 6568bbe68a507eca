import { distance } from 'fastest-levenshtein';

const plain = (name: string): string => name.toLowerCase().replace(/[-_: ]/g, '');

/** The known name that a mistyped one was most likely meant to be, whatever its case and separators. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const typed = plain(name).slice(0, 100);
  const limit = Math.min(3, Math.max(1, Math.floor(typed.length / 3)));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of known) {
    const steps = stepsBetween(typed, plain(candidate));
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}

/** Swapped letters count as one step. */
function stepsBetween(one: string, other: string): number {
  const sorted = (text: string): string => Array.from(text).sort().join('');
  const steps = distance(one, other);
  return steps === 2 && sorted(one) === sorted(other) ? 1 : steps;
}

/** The end of a sentence about an unknown name; empty when nothing is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const candidate = nearest(name, known);
  return candidate === undefined ? '' : `: did you mean "${candidate}"?`;
}
