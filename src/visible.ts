// Besides controls: what turns a line's direction, and the separators that some viewers break a line at.
const commanding = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text that others wrote, made to be seen and not obeyed: escape sequences lose their escape, a line break in a name
 * begins no line, and nothing turns the direction of what stands around it. Tabs stay.
 */
export function visible(text: string): string {
  return text.replace(commanding, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\t') return character;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '␡' : `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
  });
}

/** The lines of a text, each made visible. CR, LF and CRLF end a line, as they do for a runner and a terminal. */
export function visibleLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/).map(visible);
}
