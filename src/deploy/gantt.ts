import type { Span } from './chronicle.ts';

/** A longer chart is no picture any more. */
const mostBars = 60;

/** What took how long, as a chart that GitHub draws; empty where nothing took any time. */
export function ganttOf(spans: readonly Span[]): string {
  if (spans.length === 0) return '';
  const section = (title: string, kind: Span['kind']): readonly string[] => {
    const own = spans.filter((span) => span.kind === kind).slice(0, mostBars);
    return own.length === 0 ? [] : [`  section ${title}`, ...own.map(bar)];
  };
  return [
    '```mermaid',
    'gantt',
    '  dateFormat x',
    ...axisOf(spans.reduce((last, { to }) => Math.max(last, to), 0)),
    ...section('Shipper', 'step'),
    ...section('Listeners', 'listeners'),
    '```',
  ].join('\n');
}

/** Ticks that can be told apart, whatever zone the reader's clock is in. */
function axisOf(milliseconds: number): readonly string[] {
  if (milliseconds < 1_000) return ['  axisFormat %L ms', '  tickInterval 100millisecond'];
  const seconds = [1, 5, 10, 30, 60, 300, 600, 3_600].find((each) => milliseconds / each < 12_000) ?? 36_000;
  return ['  axisFormat %s s', `  tickInterval ${seconds}second`];
}

/** A name is reduced to what cannot be taken for anything else in a chart. */
function bar({ name, from, to, failed }: Span): string {
  const plain = name
    .replace(/[^\p{L}\p{N}_. -]+/gu, ' ')
    .trim()
    .slice(0, 60);
  const milliseconds = Math.max(1, Math.round(to - from));
  const begin = Math.round(from);
  return `  ${plain === '' ? '-' : plain} (${took(milliseconds)}) :${failed ? 'crit, ' : ''}${begin}, ${begin + milliseconds}`;
}

const took = (milliseconds: number): string =>
  milliseconds < 1_000 ? `${milliseconds} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
