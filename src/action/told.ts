import { visibleLines } from '../visible.ts';

/** In front of what is quoted, and of every line of a message but its first. */
export const mark = '  │ ';

/**
 * The lines of a message. Whatever it quotes is made visible, and no line break in it begins a line that could be taken
 * for one of Shipper's own: each but the first is marked.
 */
export function toldLines(message: string): readonly string[] {
  const [first = '', ...rest] = visibleLines(message);
  return [first, ...rest.map((line) => (line.startsWith(mark) ? line : `${mark}${line}`))];
}
