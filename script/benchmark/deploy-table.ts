import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whoever deploys in the benchmark. */
export interface Contestant<Place> {
  readonly name: string;
  readonly deploy: (place: Place) => Promise<unknown>;
}

/** What one deploy cost. */
export interface Measured {
  /** Round trips, without those of TCP, of all its connections. */
  readonly trips: number;
  readonly connections: number;
  /** Processes on the target that run a program of their own. */
  readonly programs: number;
  /** The best, by milliseconds of a round trip. */
  readonly seconds: Map<number, number>;
}

interface Circumstances {
  readonly delays: readonly number[];
  /** Tools that this machine does not have. */
  readonly missing: readonly string[];
  readonly date: Date;
  readonly machine: string;
}

/** What the table stands between in README.md. */
const begin = '<!-- script/bench deploy: begin -->';
const end = '<!-- script/bench deploy: end -->';

/** The table: the first of those measured is what the others' times are multiples of. */
export function lines(measured: ReadonlyMap<string, Measured>, circumstances: Circumstances): readonly string[] {
  const { delays, missing, date, machine } = circumstances;
  const [base] = measured.values();
  const head = ['', 'round trips', 'connections', 'programs there', ...delays.map((delay) => `${delay} ms`)];
  const rows = [...measured].map(([name, { trips, connections, programs, seconds }]) => [
    name,
    ...[trips, connections, programs].map(String),
    ...delays.map((delay) => timeCell(seconds.get(delay), base?.seconds.get(delay))),
  ]);
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const timed = delays.length === 0 ? '' : '; seconds, and how many times one `ssh host true`';
  const left = missing.length === 0 ? '' : ` Left out, since that machine could not run them: ${missing.join(', ')}.`;
  return [
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
    '',
    `Measured on ${date.toISOString().slice(0, 10)}, ${machine}${timed}.${left}`,
  ];
}

function timeCell(seconds: number | undefined, base: number | undefined): string {
  if (seconds === undefined || base === undefined) return '-';
  return `${seconds.toFixed(2)}, ${(seconds / base).toFixed(1)}`;
}

/** Puts it in place of the one in README.md. */
export function writeToReadme(table: readonly string[]): void {
  const file = join(import.meta.dirname, '..', '..', 'README.md');
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error('README.md has no place for the table');
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${table.join('\n')}\n\n${text.slice(to)}`);
}
