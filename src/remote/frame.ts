/** Bytes that stand for themselves in a word: printable, and nothing that the shell, `printf %b` or the loader reads. */
const plain = /^[!-[\]-}\u0080-\uffff]+$/u;

/**
 * One word of a frame: each byte that could be mistaken as `\0ooo`, an empty value as `\c`, so that `printf %b` gives
 * the value back. Nothing in a word is ever shell text.
 */
export function encodeWord(value: string): string {
  if (value === '') return '\\c';
  if (plain.test(value)) return value;
  let word = '';
  for (const byte of Buffer.from(value)) {
    const safe = byte > 0x20 && byte < 0x7e && byte !== 0x5c;
    word += safe ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return word;
}

/** The value of a word; what is no escape stands for itself. */
export function decodeWord(word: string): string {
  if (!word.includes('\\')) return word;
  const bytes = Buffer.from(word === '\\c' ? '' : word).toString('latin1');
  return Buffer.from(
    bytes.replace(/\\0([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    'latin1',
  ).toString();
}

/** A frame: what the runner says to the target's script, one line. */
export function frame(values: readonly string[]): string {
  return values.map(encodeWord).join(' ');
}

/** A fact: what the target's script says, one line. */
export interface Fact {
  readonly kind: string;
  readonly values: readonly string[];
}

export function readFact(line: string): Fact {
  const [kind = '', ...words] = line.split(' ');
  return { kind, values: words.map(decodeWord) };
}
