import { count, size } from '../amounts.ts';
import type { UploadChanges } from '../listeners/preview.ts';
import type { Commits } from './commits.ts';
import type { Plan, PlannedLink } from './plan.ts';

/** One thing that a run would do: a word for it, and what it is done to. */
export interface PlanRow {
  readonly does: string;
  readonly what: string;
}

/** How a name is written: as it is, or as code. */
export type Quote = (name: string) => string;

/** What would be done on a target, in the order in which a run does it. At most so many of each kind are named. */
export function rowsOf(plan: Plan, quote: Quote, most = Infinity): readonly PlanRow[] {
  if (plan.unchanged) return [{ does: 'nothing', what: 'it is on that revision already' }];
  const { directories, creates, copies, links, uploads, switches, purges, marksBad, clears, adopts } = plan;
  const some = (does: string, all: readonly string[]): readonly PlanRow[] => [
    ...all.slice(0, most).map((what) => ({ does, what })),
    ...(all.length > most ? [{ does, what: `and ${all.length - most} more` }] : []),
  ];
  const one = (does: string, value: string | undefined, what: (quoted: string) => string = (quoted) => quoted) =>
    value === undefined ? [] : [{ does, what: what(quote(value)) }];
  return [
    ...some(
      'create',
      directories.map((path) => `directory ${quote(path)}`),
    ),
    ...one('create', creates, (path) => `revision ${path}`),
    ...one('copy', copies, (path) => `${path} into it`),
    ...(uploads === undefined ? [] : [{ does: 'upload', what: totalsOf(uploads) }]),
    ...some(
      'link',
      links.map((link) => linkText(link, quote)),
    ),
    ...(switches === undefined ? [] : [{ does: 'switch', what: switchText(switches, quote) }]),
    ...some('purge', purges.map(quote)),
    ...one('mark', marksBad, (name) => `${name} as bad: no rollback chooses it by itself any more`),
    ...one('clear', clears, (name) => `the mark of ${name}, which is bad now`),
    ...adopted(adopts, quote, some),
    ...plan.notes.map((note) => ({ does: 'note', what: quote(note) })),
  ];
}

/** What becomes of the files, in numbers. */
export function totalsOf({ compared, added, changed, removed, same, replaced }: UploadChanges): string {
  const of = (what: string, { files, bytes }: { readonly files: number; readonly bytes: number }): string[] =>
    files === 0 ? [] : [`${count(files)} ${what} (${size(bytes)})`];
  if (!compared) return `${count(added.files)} (${size(added.bytes)}); what is there was not uploaded by Shipper`;
  const parts = [...of('added', added), ...of('changed', changed), ...of('removed', removed)];
  const links = replaced === 0 ? [] : [`${count(replaced)} that links take the place of`];
  return [...(parts.length === 0 ? ['no file differs'] : parts), ...of('as now', same), ...links].join(', ');
}

/** What of the commits can be said in one line. */
export function commitsText({ from, to, added, dropped, note }: Commits, quote: Quote): string {
  if (note !== undefined && added.length + dropped.length === 0) return quote(note);
  if (added.length + dropped.length === 0) return `the same commit as now, ${quote(from.slice(0, 7))}`;
  const many = (commits: readonly unknown[]): string =>
    commits.length === 1 ? '1 commit' : `${commits.length} commits`;
  const range = `${quote(from.slice(0, 7))} to ${quote(to.slice(0, 7))}`;
  const parts = [
    ...(added.length > 0 ? [`${many(added)} more`] : []),
    ...(dropped.length > 0 ? [`${many(dropped)} less than now`] : []),
    ...(note === undefined ? [] : [quote(note)]),
  ];
  return `${range}: ${parts.join(', ')}`;
}

function linkText({ path, source, dangling, now, replaces }: PlannedLink, quote: Quote): string {
  const stands = typeof now === 'object' ? `a link to ${quote(now.link)}` : `a ${now ?? ''}`;
  const notes = [
    ...(dangling ? ['which does not exist'] : []),
    ...(now === undefined ? [] : [now === 'same' ? 'as now' : `${replaces ? 'in place of' : 'now'} ${stands}`]),
  ];
  return `${quote(path)} → ${quote(source)}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

function switchText({ link, from, to }: NonNullable<Plan['switches']>, quote: Quote): string {
  return `${quote(link)} ${from === undefined || from === '' ? '' : `from ${quote(from)} `}to ${quote(to)}`;
}

function adopted(
  adopts: Plan['adopts'],
  quote: Quote,
  some: (does: string, all: readonly string[]) => readonly PlanRow[],
): readonly PlanRow[] {
  if (adopts === undefined) return [];
  const { revisions, order } = adopts;
  if (revisions.length === 0) return [{ does: 'adopt', what: 'nothing: every revision is recorded already' }];
  return [
    ...some('adopt', revisions.map(quote)),
    ...(order === undefined
      ? []
      : [{ does: 'note', what: `they are in this order, oldest first, by ${quote(order)}` }]),
  ];
}
