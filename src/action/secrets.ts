/** Shorter strings are too common: a mask of `123` would turn half of the log into asterisks. */
const shortest = 4;

/** Lines that every key file shares: armour, and the `Name: value` headers of PuTTY and old PEM files. */
const common = /^(?:-----.*-----|---- .* ----|[A-Za-z][A-Za-z0-9-]*: .*)$/;

/**
 * What the runner is to mask so that none of these values shows, whole or in part. A value of several lines is given
 * line by line, and its body once more without line breaks; never whole, since the runner would then mask every line
 * of it by itself, the armour too. The runner adds the base64, URL, JSON and shell spellings of each.
 */
export function masksOf(values: readonly string[]): ReadonlySet<string> {
  const masks = values.flatMap((value) => {
    // Some hand over a key on one line, with `\n` spelled out.
    const lines = value.split(value.startsWith('-----') ? /[\r\n]+|\\n/ : /[\r\n]+/).map((line) => line.trim());
    if (lines.length === 1) return [value, value.trim()];
    const body = lines.filter((line) => line !== '' && !common.test(line));
    return [...body, body.join('')];
  });
  return new Set(masks.filter((mask) => mask.trim().length >= shortest));
}
