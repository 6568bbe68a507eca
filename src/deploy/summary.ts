import type { ShipperError } from '../errors.ts';
import type { Result, Status, TargetResult } from './result.ts';

const signs: Record<Status, string> = {
  succeeded: '🚢',
  unchanged: '⚓',
  failed: '❌',
  returned: '↩️',
  cancelled: '✋',
  unknown: '❓',
};

/** The run as Markdown for the summary of the job: one row a target, and why it failed. */
export function summaryOf(result: Result, error: ShipperError | undefined): string {
  const title = `### ${signs[result.status]} ${result.command}: ${result.status}`;
  const rows = result.targets.map((target) => `| ${cells(target).join(' | ')} |`);
  const table = [
    '| target | status | active | before | purged | time |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
  const reason = error === undefined ? [] : ['', quoted(`${error.code}: ${error.message}`)];
  return [title, '', ...table, ...reason].join('\n');
}

function cells({ name, status, active, previousRevision, purged, steps }: TargetResult): readonly string[] {
  const seconds = steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  const before = previousRevision === active ? '' : code(previousRevision);
  return [code(name), status, code(active), before, purged.map(code).join(' '), `${seconds.toFixed(1)} s`];
}

/** Whatever is in a text, it stays text: in a code span that it cannot end, in a table cell that it cannot leave. */
function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text.replace(/[`|\r\n]/g, ' ')}\``;
}

function quoted(text: string): string {
  const fence = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return [fence, text, fence].join('\n');
}
