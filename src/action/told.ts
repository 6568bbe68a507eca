import { visibleLines } from '../visible.ts';

/** In front of what a program printed. */
export const mark = '  │ ';

/** In front of every line of a message but its first; what is to be copied from there can stand behind blanks. */
const indent = '    ';

/**
 * The lines of a message. Whatever it quotes is made visible, and no line break in it begins a line that could be taken
 * for one of Shipper's own: each but the first is set in.
 */
export function toldLines(message: string): readonly string[] {
  const [first = '', ...rest] = visibleLines(message);
  return [
    first,
    ...rest.map((line) =>
      line === '' || line.startsWith(mark) || line.startsWith(indent) ? line : `${indent}${line}`,
    ),
  ];
}
