import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** A code block between fences. */
export interface Block {
  /** Such as `json`; empty without one. */
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** A file in Markdown, taken apart as far as the tests need it. */
export interface Page {
  /** From the repository's root, with `/`. */
  readonly name: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The text without code blocks, line by line. */
  readonly prose: readonly string[];
}

/** A row of a table, cell by cell; the first row is the head. */
export type Row = readonly string[];

const skipped = new Set(['node_modules', 'dist', 'build', '.cache', '.git', 'coverage']);

/** Every file below the repository's root whose name ends so, in order. */
export function filesEndingIn(ending: string, directory = root): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return filesEndingIn(ending, path);
      return entry.name.endsWith(ending) ? [relative(root, path).replaceAll('\\', '/')] : [];
    })
    .sort();
}

export function read(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

export function page(name: string): Page {
  const text = read(name);
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^ {0,3}```(\w*)/.exec(line);
    if (fence !== null && open === undefined) open = { language: fence[1] ?? '', line: index + 1, lines: [] };
    else if (fence !== null && open !== undefined) {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join('\n') });
      open = undefined;
    } else if (open === undefined) prose.push(line);
    else open.lines.push(line);
  }
  if (open !== undefined) throw new Error(`${name}: the block of line ${open.line} has no end`);
  return { name, text, blocks, prose };
}

/** Every page that users read. */
export const pages = filesEndingIn('.md').map(page);

/** The names of headings as GitHub makes them into anchors. */
export function anchors({ prose }: Page): readonly string[] {
  const headings = prose.flatMap((line) => /^#{1,6} +(.*)$/.exec(line)?.[1] ?? []);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The tables below a heading, up to the next heading of any level. */
export function tablesUnder({ name, prose }: Page, heading: string): readonly (readonly Row[])[] {
  const start = prose.findIndex((line) => line.replace(/^#+ +/, '') === heading && line.startsWith('#'));
  if (start < 0) throw new Error(`${name} has no heading "${heading}"`);
  const tables: Row[][] = [];
  let isWithin = false;
  for (const line of prose.slice(start + 1)) {
    if (line.startsWith('#')) break;
    const isRow = line.startsWith('|');
    if (isRow && !isWithin) tables.push([]);
    isWithin = isRow;
    if (isRow && !/^[|\s:-]+$/.test(line)) tables.at(-1)?.push(cells(line));
  }
  return tables;
}

/** The rows of one of these tables, without its head. */
export function rowsUnder(from: Page, heading: string, index = 0): readonly Row[] {
  const table = tablesUnder(from, heading)[index];
  if (table === undefined) throw new Error(`${from.name} has no table ${index + 1} under "${heading}"`);
  return table.slice(1);
}

function cells(line: string): Row {
  return line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** What stands between backticks. */
export function codes(text: string): readonly string[] {
  return [...text.matchAll(/``\s?(.+?)\s?``|`([^`]+)`/g)].map(([, double, single]) => double ?? single ?? '');
}

/** The codes of a table's first column, row by row. */
export function firstCodes(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(([first = '']) => codes(first));
}

/** Where a relative link leads: a path from the root, and an anchor. */
export interface Link {
  readonly path: string;
  readonly anchor: string;
}

export function relativeLinks(from: Page): readonly Link[] {
  const prose = from.prose.join('\n').replace(/`[^`\n]*`/g, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return links
    .filter((target) => !/^[a-z]+:/i.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#', 2);
      const whole = path === '' ? from.name : join(dirname(from.name), path).replaceAll('\\', '/');
      return { path: whole, anchor };
    });
}
