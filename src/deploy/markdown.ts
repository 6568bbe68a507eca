import { visible } from '../visible.ts';

/** Whatever is in a text, it stays text: in a code span that it cannot end, in a table cell that it cannot leave. */
export function code(text: string | undefined): string {
  const plain = visible(text ?? '').replace(/[`|]/g, ' ');
  return plain.trim() === '' ? '' : `\`${plain}\``;
}

/** A block in which everything is text, whatever it holds; as a `diff` its lines have colours. */
export function fence(text: string, language: 'text' | 'diff' = 'text'): string {
  const lines = text.split(/\r\n|\r|\n/).map(visible);
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const mark = '`'.repeat(longest + 1);
  return [`${mark}${language}`, ...lines, mark].join('\n');
}

/** A link to an address of the web that holds nothing odd; the label alone where it does. The label is no one else's text. */
export function link(label: string, address: string | undefined): string {
  return address !== undefined && /^https:\/\/[\w.:-]+(?:\/[\w.~/-]*)?$/.test(address)
    ? `[${label}](${address})`
    : label;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A part that is folded until the reader wants it. */
export function details(title: string, body: string): string {
  return ['<details>', `<summary>${title}</summary>`, '', body, '', '</details>'].join('\n');
}
