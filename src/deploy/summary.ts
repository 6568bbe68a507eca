import type { ShipperError } from '../errors.ts';
import { kindOf, listed } from '../gathered.ts';
import type { Span, Warning } from './chronicle.ts';
import { ganttOf } from './gantt.ts';
import { headlineOf } from './headline.ts';
import { code, details, fence, table } from './markdown.ts';
import { planPages } from './plan-page.ts';
import type { Result, TargetResult, TargetWave } from './result.ts';
import { statusPages } from './status-page.ts';
import { timeOf } from './waves.ts';

/** What the page has beside the result. */
export interface Told {
  readonly spans: readonly Span[];
  readonly warnings: readonly Warning[];
  /** What was uploaded, one line each. */
  readonly worth: readonly string[];
  readonly seconds: number;
  readonly now: Date;
  /** Where the pages of the repository's commits are; undefined where nobody knows. */
  readonly commitPages?: string | undefined;
}

/** Characters of which a page has no more: the runner drops one of 1 MiB and more as a whole. */
const longestPage = 600_000;

/** Of more uploads, a page has the first. */
const mostUploads = 20;

/** Rows of a table that a person may still look through. */
const mostRows = 1_000;

/**
 * The run as a page for the summary of the job: what is live now, where, and whether that is what was wanted; then what
 * became of each target, why, and what took how long.
 */
export function summaryOf(result: Result, error: ShipperError | undefined, told: Told): string {
  const { sign, text } = headlineOf(result, code);
  const reading = result.command === 'status' || result.dryRun;
  const parts = [
    `### ${sign} ${text}`,
    ...causes(result, error),
    ...(result.command === 'status'
      ? statusPages(result, told.now)
      : result.dryRun
        ? planPages(result, told.commitPages)
        : [outcomes(result)]),
    ...told.worth.slice(0, mostUploads).map((line) => `📦 ${code(line)}`),
    ...warnings(told.warnings),
    ...wayForward(result),
    ...(reading ? [] : timeline(result, told)),
  ];
  return `${within(longestPage, parts).join('\n\n')}\n`;
}

/** What kept a run from beginning at all, as a page. */
export function failureSummaryOf({ code: what, problems }: ShipperError): string {
  const contacted = !['INPUT', 'CONFIG', 'KEY'].includes(what);
  const headline = contacted
    ? 'The run ended early: look with the command status what is live'
    : 'Nothing was contacted, and nothing has changed';
  const lines = problems.map(({ message, at }) => `${at === undefined ? '' : `${at.file}:${at.line}: `}${message}`);
  return `${[`### ❌ ${headline}`, `**${what}**`, fence(lines.join('\n'))].join('\n\n')}\n`;
}

interface Cause {
  readonly code: string;
  readonly message: string;
  readonly target: string | undefined;
}

/** Each cause once: the first that failed the run, and what else failed on other targets. */
function causes({ targets }: Result, error: ShipperError | undefined): readonly string[] {
  const own = targets.flatMap(({ name, error: found }) => (found === undefined ? [] : [{ ...found, target: name }]));
  const first = own.find(({ message }) => message === error?.message);
  const all: readonly Cause[] = error === undefined || first !== undefined ? own : [{ ...pick(error) }, ...own];
  const kinds = new Map<string, Cause[]>();
  for (const cause of first === undefined ? all : [first, ...all]) {
    const kind = kindOf(cause.message, cause.target);
    kinds.set(kind, [...(kinds.get(kind) ?? []), cause]);
  }
  return [...kinds.values()].map((same) => {
    const names = [...new Set(same.flatMap(({ target }) => target ?? []))];
    const where = names.length < 2 || names.length === targets.length ? '' : ` on ${listed(names.map(code))}`;
    const [first = '', ...more] = (same[0]?.message ?? '').split('\n');
    const what = `**${same[0]?.code ?? ''}**${where} ${code(first)}`;
    return more.length === 0 ? what : `${what}\n\n${fence(more.join('\n'))}`;
  });
}

const pick = ({ code: what, message, target }: ShipperError): Cause => ({ code: what, message, target });

/** One row a target: what is live, and what was before, in one column where that is the same everywhere. */
function outcomes(result: Result): string {
  const { targets } = result;
  const changed = targets.some(({ active, previousRevision }) => active !== previousRevision);
  const failed = targets.filter(({ error }) => error !== undefined);
  const culprits = new Set(failed.length < targets.length ? failed : []);
  const mixed = culprits.size > 0 || new Set(targets.map(({ status }) => status)).size > 1;
  const purged = targets.some((target) => target.purged.length > 0);
  const columns: readonly (readonly [string, boolean, (target: TargetResult) => string])[] = [
    ['target', true, ({ name }) => code(name)],
    ['wave', targets.some(({ wave }) => wave !== undefined), ({ wave }) => waveCell(wave)],
    ['live', true, ({ active }) => code(active) || '-'],
    ['before', changed, ({ previousRevision }) => code(previousRevision) || '-'],
    [
      '',
      mixed,
      (target) => (culprits.has(target) ? `**❌ ${target.error?.code ?? ''}, ${target.status}**` : target.status),
    ],
    ['purged', purged, (target) => target.purged.map(code).join(' ')],
  ];
  const shown = columns.filter(([, isShown]) => isShown);
  const rows = targets.slice(0, mostRows).map((target) => shown.map(([, , cell]) => cell(target)));
  const more = targets.length > mostRows ? `\n\n_and ${targets.length - mostRows} targets more_` : '';
  return `${table(
    shown.map(([head]) => head),
    rows,
  )}${more}`;
}

/** Its number, and when it began in UTC; `-` where it never did. */
function waveCell(wave: TargetWave | undefined): string {
  return wave === undefined ? '' : `${wave.number}: ${wave.beganAt === undefined ? '-' : `${timeOf(wave)} UTC`}`;
}

/** What a person may want next, after a rollback. */
function wayForward({ command, dryRun, status, previousRevision }: Result): readonly string[] {
  if (command !== 'rollback' || dryRun || status !== 'succeeded' || previousRevision === undefined) return [];
  const name = code(previousRevision);
  return [
    `To go forward again: deploy, or \`rollback\` with \`revision\` ${name}. Its files stay until a later deploy purges them.`,
  ];
}

function warnings(all: readonly Warning[]): readonly string[] {
  const kinds = new Map<string, Warning[]>();
  for (const warning of all) {
    const kind = kindOf(warning.message, warning.target);
    kinds.set(kind, [...(kinds.get(kind) ?? []), warning]);
  }
  if (kinds.size === 0) return [];
  const lines = [...kinds.values()].map(([first, ...others]) => {
    const names = others.flatMap(({ target }) => target ?? []);
    return `${first?.message ?? ''}${names.length === 0 ? '' : ` (the same on ${listed(names)})`}`;
  });
  return [details(`⚠️ ${lines.length === 1 ? '1 warning' : `${lines.length} warnings`}`, fence(lines.join('\n')))];
}

function timeline({ command }: Result, { spans, seconds }: Told): readonly string[] {
  const chart = ganttOf(spans);
  return chart === '' ? [] : [details(`⏱️ ${command} took ${seconds.toFixed(1)} s`, chart)];
}

/** As many of the parts, in their order, as there is room for; a last line says where the rest is. */
function within(characters: number, parts: readonly string[]): readonly string[] {
  let left = characters;
  const kept = parts.filter((part) => {
    const fits = part.length <= left;
    if (fits) left -= part.length;
    return fits;
  });
  const missing = parts.length - kept.length;
  return missing === 0
    ? kept
    : [...kept, `_There was no room for ${missing} parts more: the output \`result\` has all._`];
}
