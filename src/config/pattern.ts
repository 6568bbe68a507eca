/** What a pattern can tell targets apart by. */
export interface Named {
  readonly name: string;
  readonly host: string;
}

/** The parts of a list that is separated by commas or line ends. */
export function listOf(text: string): readonly string[] {
  return text
    .split(/[,\r\n]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/**
 * Whether a target's name or host matches a pattern such as `web*,!web7`: one of its parts must match, and none of those
 * that begin with `!`. Parts that only exclude leave all others. Case does not matter.
 */
export function matchesTarget(pattern: string, target: Named): boolean {
  const parts = listOf(pattern);
  const included = parts.filter((part) => !part.startsWith('!'));
  const excluded = parts.filter((part) => part.startsWith('!')).map((part) => part.slice(1).trim());
  const matches = (part: string): boolean => matchesText(part, target.name) || matchesText(part, target.host);
  return (included.length === 0 ? excluded.length > 0 : included.some(matches)) && !excluded.some(matches);
}

function matchesText(glob: string, text: string): boolean {
  const pieces = glob.toLowerCase().split('*');
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)];
  const whole = text.toLowerCase();
  if (pieces.length === 1) return whole === first;
  if (!whole.startsWith(first) || !whole.endsWith(last)) return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = whole.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return from <= whole.length - last.length;
}
