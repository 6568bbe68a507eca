import type { ShipperError } from '../errors.ts';
import type { Result, Status, TargetResult } from './result.ts';

const signs: Record<Status, string> = {
  succeeded: '🚢',
  unchanged: '⚓',
  failed: '❌',
  returned: '↩️',
  stayed: '⚠️',
  cancelled: '✋',
  unknown: '❓',
};

/**
 * The run as Markdown for the summary of the job: one row a target, or what was read there, and why it failed. `lines`
 * are those at the end of the log; `seconds` is what the run took.
 */
export function summaryOf(
  result: Result,
  error: ShipperError | undefined,
  { lines, seconds }: { readonly lines: readonly string[]; readonly seconds: number },
): string {
  const what = result.dryRun ? `dry run of ${result.command}` : result.command;
  const title = `### ${signs[result.status]} ${what}: ${result.status}, in ${seconds.toFixed(1)} s`;
  const reason = error === undefined ? [] : ['', quoted(`${error.code}: ${error.message}`)];
  const body = result.dryRun || result.command === 'status' ? [quoted(lines.join('\n'))] : outcomes(result);
  return [title, '', ...body, ...reason].join('\n');
}

/** What kept a run from beginning at all, as Markdown for the summary of the job. */
export function failureSummaryOf({ code, message }: ShipperError): string {
  const contacted = !['INPUT', 'CONFIG', 'KEY'].includes(code);
  const what = contacted ? 'it ended early; see with the command status what is live' : 'nothing was contacted';
  return [`### ❌ ${what}`, '', quoted(`${code}: ${message}`)].join('\n');
}

function outcomes(result: Result): readonly string[] {
  const rows = result.targets.map((target) => `| ${cells(target).join(' | ')} |`);
  return [
    '| target | status | revision | active | before | purged |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
}

function cells({ name, status, revision, active, previousRevision, purged }: TargetResult): readonly string[] {
  const before = previousRevision === active ? '' : code(previousRevision);
  return [code(name), status, code(revision), code(active), before, purged.map(code).join(' ')];
}

/** Whatever is in a text, it stays text: in a code span that it cannot end, in a table cell that it cannot leave. */
function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text.replace(/[`|\r\n]/g, ' ')}\``;
}

function quoted(text: string): string {
  const fence = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return [fence, text, fence].join('\n');
}
