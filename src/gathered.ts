import type { ShipperError } from './errors.ts';

/** How many targets are named before the others are only counted. */
const mostNamed = 5;

/** What failed on several targets, one text for each kind of failure: the first of it, and where it was the same. */
export function gathered(failures: Iterable<ShipperError>): readonly string[] {
  const kinds = new Map<string, ShipperError[]>();
  for (const failure of failures) {
    const kind = kindOf(failure.message, failure.target);
    kinds.set(kind, [...(kinds.get(kind) ?? []), failure]);
  }
  return [...kinds.values()].map(([first, ...others]) => {
    const names = others.flatMap(({ target }) => target ?? []);
    return `${first?.message ?? ''}${names.length === 0 ? '' : `\n(the same on ${listed(names)})`}`;
  });
}

/** What a message says of any target; two of one kind differ in nothing but the target's name. */
export function kindOf(message: string, target: string | undefined): string {
  return target === undefined ? message : message.replaceAll(target, '\0');
}

/** Names for a sentence: all of a few, of many the first. */
export function listed(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return more > 1 ? `${names.slice(0, mostNamed).join(', ')} and ${more} more` : names.join(', ');
}
