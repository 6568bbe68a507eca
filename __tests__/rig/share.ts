import { createHash, randomInt } from 'node:crypto';
import { type Shell, shells } from './local-connection.ts';

/** Whether `script/test-large` runs this: every sweep is whole, and everything at its full size. */
export const isLarge = process.env['SHIPPER_TEST_SIZE'] === 'large';

/** `script/test` prints it, and takes it from there: the same seed means the same share. */
const seed = process.env['SHIPPER_TEST_SEED'] ?? chosenSeed();

function chosenSeed(): string {
  const chosen = String(randomInt(1_000_000));
  console.log(`SHIPPER_TEST_SEED=${chosen}`);
  return chosen;
}

export interface ShareOptions<Item> {
  /** How an item is told from others of the sweep. Default: as text. */
  readonly nameOf?: (item: Item) => string;
  /** Names of those that are taken in each run, on top: what has failed once. */
  readonly always?: readonly string[];
}

/**
 * So many items of a sweep, in their order: others in each run, and all of them in `script/test-large`.
 * @param sweep its name, so that not every sweep takes the first of its items in the same run.
 */
export function share<Item>(
  sweep: string,
  items: readonly Item[],
  count: number,
  { nameOf = String, always = [] }: ShareOptions<Item> = {},
): readonly Item[] {
  if (isLarge) return items;
  const rank = (item: Item): string =>
    createHash('sha256')
      .update(`${seed} ${sweep} ${nameOf(item)}`)
      .digest('hex');
  const ranked = items.map((item) => [rank(item), item] as const).sort(([one], [other]) => (one < other ? -1 : 1));
  const taken = new Set(ranked.slice(0, count).map(([, item]) => item));
  return items.filter((item) => taken.has(item) || always.includes(nameOf(item)));
}

/** One shell of those that the target's script is held to, and each of them in `script/test-large`. */
export const someShells = (sweep: string): readonly Shell[] => share(`the shells of ${sweep}`, shells, 1);
