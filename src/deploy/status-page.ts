import { listed } from '../gathered.ts';
import { age } from './age.ts';
import { isRead } from './headline.ts';
import { code, link, table } from './markdown.ts';
import type { Result, RevisionRow, TargetResult } from './result.ts';

/** What was read on each target; those where that is the same share a part. */
export function statusPages(result: Result, now: Date): readonly string[] {
  const groups = new Map<string, TargetResult[]>();
  for (const target of result.targets.filter(isRead)) {
    const page = statusPage(target, now);
    groups.set(page, [...(groups.get(page) ?? []), target]);
  }
  return [...groups].map(([page, targets]) => {
    const names = listed(targets.map(({ name }) => code(name)));
    return result.targets.length === 1 ? page : `#### ${names}\n\n${page}`;
  });
}

function statusPage(target: TargetResult, now: Date): string {
  const { lock } = target;
  const holder = lock === undefined ? '' : `\n\n🔒 ${code(`${lock.command} by ${lock.actor}`)} holds the lock`;
  return `${revisionsOn(target, now)}${holder}`;
}

/** The revisions of a target, newest first, what others left last, with links to their commits and runs. */
function revisionsOn({ active, revisions = [] }: TargetResult, now: Date): string {
  if (revisions.length === 0) return 'There are no revisions.';
  const ours = revisions.filter(({ state }) => state !== 'foreign').reverse();
  const foreign = revisions.filter(({ state }) => state === 'foreign');
  const rows = [...ours, ...foreign].map((row) => [
    row.name === active ? `**→** ${code(row.name)}` : code(row.name),
    row.name === active ? '**live**' : row.state,
    age(row, now),
    commitOf(row),
    code(row.actor),
    row.run === undefined ? '' : link('run', row.run),
  ]);
  return table(['revision', 'state', 'since', 'commit', 'by', ''], rows);
}

/** A commit's page is known where its run is one of GitHub Actions. */
function commitOf({ commit, run }: RevisionRow): string {
  if (commit === undefined || !/^[0-9a-f]{7,64}$/.test(commit)) return code(commit);
  const repository = /^(https:\/\/[^/]+\/[^/]+\/[^/]+)\/actions\/runs\/\d+$/.exec(run ?? '')?.[1];
  return link(code(commit.slice(0, 7)), repository === undefined ? undefined : `${repository}/commit/${commit}`);
}
