import { distance } from 'fastest-levenshtein';

const plain = (name: string): string => name.toLowerCase().replace(/[-_: ]/g, '');

/** The known name that a mistyped one was most likely meant to be by its letters, whatever its case and separators. */
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

/** The known names that share the most words with another one; several where they share as many. */
function alike(name: string, known: readonly string[]): readonly string[] {
  const typed = wordsOf(name.slice(0, 100));
  const scores = known.map((candidate) => [candidate, likeness(typed, wordsOf(candidate))] as const);
  const best = Math.max(enough, ...scores.map(([, score]) => score));
  return scores.flatMap(([candidate, score]) => (score === best ? [candidate] : []));
}

/** Two of three words in common, counted over both names. */
const enough = 0.66;

/** From 0 (no word in common) to 1 (all, in whatever order). */
function likeness(typed: readonly string[], known: readonly string[]): number {
  const common = typed.filter((word) => known.some((other) => isSameWord(word, other)));
  return Math.min(1, (2 * common.length) / (typed.length + known.length));
}

function wordsOf(name: string): readonly string[] {
  const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
  return words.split(/[^a-z0-9]+/).filter((word) => word !== '');
}

/** `dirs` stands for `directories`, `revision` for `revisions`, `revison` for `revision`. */
function isSameWord(one: string, other: string): boolean {
  const [short = '', long = ''] = [one, other].map((word) => word.replace(/(?<=..)s$/, '')).sort(byLength);
  return (short.length >= 3 && long.startsWith(short)) || stepsBetween(short, long) <= Math.floor(short.length / 4);
}

const byLength = (one: string, other: string): number => one.length - other.length;

/** The end of a sentence about an unknown name: what is near by its letters, else by its words; empty if nothing is. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const candidates = near === undefined ? alike(name, known).slice(0, 2) : [near];
  return candidates.length === 0 ? '' : `: did you mean ${candidates.map((each) => `"${each}"`).join(' or ')}?`;
}
