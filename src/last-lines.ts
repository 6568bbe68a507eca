/** Lines that are quoted of each stream, of each at most so many characters. */
const mostLines = 5;
const longest = 300;

/**
 * The end of what a program said, in lines of their own behind the sentence that they explain: the last lines of each
 * stream, since some explain themselves on stdout. Empty where it said nothing.
 */
export function lastLines(...streams: readonly string[]): string {
  return streams
    .flatMap(endOf)
    .map((line) => `\n  │ ${line}`)
    .join('');
}

function endOf(text: string): readonly string[] {
  const lines = text.slice(-mostLines * 4 * longest).split(/\r\n|\r|\n/);
  const said = lines.map((line) => line.trimEnd()).filter((line) => line !== '');
  return said.slice(-mostLines).map((line) => (line.length > longest ? `${line.slice(0, longest)}…` : line));
}
