import { size } from '../amounts.ts';
import { listed } from '../gathered.ts';
import type { UploadChanges } from '../listeners/preview.ts';
import { visible } from '../visible.ts';
import type { Commit, Commits } from './commits.ts';
import type { Plan, RunPlan } from './plan.ts';
import { commitsText, rowsOf } from './plan-rows.ts';
import type { Result, TargetResult } from './result.ts';

const asIs = (name: string): string => visible(name);

/** A plan as lines, aligned. Of each kind of things at most so many are named. */
export function planText(result: Result, most: number): readonly string[] {
  const { command, plan } = result;
  const groups = groupsOf(result.targets, (own) => targetLines(own, most).join('\n'));
  return [
    ...[...groups].flatMap(([text, targets]) => [
      `${listed(targets.map(({ name }) => name))}: ${command} would`,
      ...text.split('\n'),
    ]),
    ...(plan === undefined ? [] : runLines(plan, most)),
  ];
}

/** The targets that could be read, together where their plans are the same. */
export function groupsOf(
  targets: readonly TargetResult[],
  textOf: (plan: Plan) => string,
): ReadonlyMap<string, readonly TargetResult[]> {
  const groups = new Map<string, TargetResult[]>();
  for (const target of targets) {
    if (target.plan === undefined) continue;
    const text = textOf(target.plan);
    groups.set(text, [...(groups.get(text) ?? []), target]);
  }
  return groups;
}

/** The files that change, one line each: what becomes of it, its path and its bytes. */
export function fileLines({ added, changed, removed }: UploadChanges, most: number): readonly string[] {
  const signed = [
    ...added.each.map((file) => ({ ...file, sign: '+' })),
    ...changed.each.map((file) => ({ ...file, sign: '!' })),
    ...removed.each.map((file) => ({ ...file, sign: '-' })),
  ];
  const shown = signed.slice(0, most);
  const widest = shown.reduce((width, { path }) => Math.max(width, visible(path).length), 0);
  const lines = shown.map(
    ({ sign, path, bytes }) => `${sign} ${visible(path).padEnd(widest)}  ${size(bytes).padStart(9)}`,
  );
  return signed.length > most ? [...lines, `and ${signed.length - most} more`] : lines;
}

/** The commits that come and that go, one line each. */
export function commitLines({ added, dropped }: Commits, most: number): readonly string[] {
  const line = (sign: string, { hash, author, subject }: Commit): string =>
    visible(`${sign} ${hash.slice(0, 7)} ${subject} (${author})`);
  const all = [...dropped.map((commit) => line('-', commit)), ...added.map((commit) => line('+', commit))];
  return all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : all;
}

function targetLines(plan: Plan, most: number): readonly string[] {
  const { uploads, commits } = plan;
  return [
    ...rowsOf(plan, asIs, most).flatMap(({ does, what }) => [
      `  ${does.padEnd(8)}${what}`,
      ...(does === 'upload' && uploads !== undefined ? indented(fileLines(uploads, most)) : []),
    ]),
    ...(commits === undefined ? [] : [`  ${'commits'.padEnd(8)}${commitsText(commits, asIs)}`]),
    ...(commits === undefined ? [] : indented(commitLines(commits, most))),
  ];
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `            ${line}`);

function runLines({ listeners, waves, pause, notes }: RunPlan, most: number): readonly string[] {
  const rows = listeners.map(({ event, what, where }) => [event, visible(what), where]);
  return [
    ...(rows.length === 0 ? [] : ['and call, in this order:', ...aligned(rows)]),
    ...waves.map((names, index) => {
      const which = names.length > most ? `${names.length} targets` : names.join(', ');
      return `wave ${index + 1} of ${waves.length}: ${which}${index > 0 && pause > 0 ? `, ${pause} s later` : ''}`;
    }),
    ...notes.map((note) => `note: ${note}`),
  ];
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = [0, 1].map((column) => rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
