import { listed } from '../gathered.ts';
import { code, details, fence, link, table } from './markdown.ts';
import { isRead } from './headline.ts';
import type { Commit, Commits } from './commits.ts';
import type { Plan, RunPlan } from './plan.ts';
import { commitsText, type PlanRow, rowsOf } from './plan-rows.ts';
import { fileLines, groupsOf } from './plan-text.ts';
import type { Result } from './result.ts';

/** Of each kind of things, a page names these many. */
const most = 100;

/** Of commits, which stand open. */
const mostCommits = 20;

/** The plan as a page that a person would approve: what comes and goes, then how, then what cannot be foreseen. */
export function planPages(result: Result, commitPage: string | undefined): readonly string[] {
  const groups = groupsOf(result.targets, (plan) => targetPage(plan, commitPage));
  return [
    ...[...groups].map(([page, targets]) => {
      const names = listed(targets.map(({ name }) => code(name)));
      return result.targets.length === 1 ? page : `#### ${names}\n\n${page}`;
    }),
    ...(result.plan === undefined ? [] : runPage(result.plan)),
    ...(result.targets.every(isRead) ? ['_Nothing was changed. The same run without `dry-run` does it._'] : []),
  ];
}

function targetPage(plan: Plan, commitPage: string | undefined): string {
  const { commits, uploads } = plan;
  const rows = rowsOf(plan, code, most);
  const files = uploads === undefined ? 0 : uploads.added.files + uploads.changed.files + uploads.removed.files;
  return [
    ...(commits === undefined ? [] : commitsPart(commits, commitPage)),
    table(['', 'what would be done'], rows.map(rowCells)),
    ...(uploads === undefined || files === 0
      ? []
      : [details(files === 1 ? '1 file' : `${files} files`, fence(fileLines(uploads, most).join('\n'), 'diff'))]),
  ].join('\n\n');
}

const rowCells = ({ does, what }: PlanRow): readonly string[] => [`**${does}**`, what];

function commitsPart(commits: Commits, commitPage: string | undefined): readonly string[] {
  const cells = (sign: string, { hash, subject, author }: Commit): readonly string[] => [
    sign,
    link(code(hash.slice(0, 7)), commitPage === undefined ? undefined : `${commitPage}/${hash}`),
    code(subject),
    code(author),
  ];
  const all = [
    ...commits.dropped.map((commit) => cells('**goes**', commit)),
    ...commits.added.map((commit) => cells('comes', commit)),
  ];
  const rest = all.length > mostCommits ? `\n\n_and ${all.length - mostCommits} more_` : '';
  const list = all.length === 0 ? [] : [`${table(['', 'commit', '', 'by'], all.slice(0, mostCommits))}${rest}`];
  return [`**Commits** ${commitsText(commits, code)}`, ...list];
}

function runPage({ listeners, waves, pause, notes }: RunPlan): readonly string[] {
  const rows = listeners.map(({ event, what, where }) => [code(event), code(what), code(where)]);
  const steps = waves.map((names, index) => [
    String(index + 1),
    listed(names.map(code)),
    index > 0 && pause > 0 ? `${pause} s after the one before` : '',
  ]);
  return [
    ...(rows.length === 0 ? [] : [`**Listeners**, in their order\n\n${table(['event', 'listener', 'on'], rows)}`]),
    ...(steps.length === 0 ? [] : [`**Waves**, one after another\n\n${table(['wave', 'targets', ''], steps)}`]),
    ...notes.map((note) => `⚠️ ${code(note)}`),
  ];
}
