import { code, link, table } from './markdown.ts';
import type { RevisionRow, TargetResult } from './result.ts';
import { age } from './age.ts';

/** The revisions of a target, newest first, what others left last, with links to their commits and runs. */
export function revisionsOn({ active, revisions = [] }: TargetResult, now: Date): string {
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
