import { age } from './age.ts';
import { isRead } from './headline.ts';
import { planText } from './plan-text.ts';
import type { Result, TargetResult } from './result.ts';
import { timeOf } from './waves.ts';

/** Of the files, links and the like of a plan, the log names these many; all are in the plan's file. */
export const mostNamed = 20;

/** What a run did or found, as lines for the end of the log. `now` is what ages are counted to. */
export function describe(result: Result, now: Date): readonly string[] {
  if (result.dryRun && result.command !== 'status') return [...planText(result, mostNamed), ...unreadOf(result)];
  return result.targets.flatMap((target) => {
    if (result.command === 'status') return isRead(target) ? describeStatus(target, now) : [unread(target)];
    return [describeOutcome(target, result)];
  });
}

const unreadOf = ({ targets }: Result): readonly string[] => targets.filter((target) => !isRead(target)).map(unread);

/** One line: the message itself stands in the error or warning. */
function unread({ name, status, error }: TargetResult): string {
  return `${name}: ${status}${error === undefined ? '' : `, ${error.code}`}`;
}

function describeOutcome(target: TargetResult, result: Result): string {
  const { wave } = target;
  const when = wave?.beganAt === undefined ? '' : `, wave ${wave.number} of ${wave.of} at ${timeOf(wave)} UTC`;
  return `${describeEnd(target, result)}${when}`;
}

function describeEnd(target: TargetResult, { command }: Result): string {
  const { name, revision = '-', previousRevision = 'none', active = 'nothing', purged } = target;
  const removed = purged.length === 0 ? '' : `, purged ${purged.join(', ')}`;
  switch (target.status) {
    case 'succeeded':
      if (command === 'adopt')
        return `${name}: ${active} is active; what was found there belongs to Shipper's order now`;
      return command === 'prepare'
        ? `${name}: revision ${revision} is prepared`
        : `${name}: ${revision} is active, before it ${previousRevision}${removed}`;
    case 'unchanged':
      return `${name}: ${revision} was active already, nothing was changed`;
    case 'returned':
      return `${name}: put back ${target.active === undefined ? 'as it was' : `to ${target.active}`}`;
    case 'stayed':
      return `${name}: ${revision} stays active though the run failed, before it ${previousRevision}${removed}`;
    case 'unknown':
      return `${name}: unknown; see with the command status what is active`;
    case 'cancelled':
    case 'failed':
      return `${name}: ${target.status}${target.active === undefined ? '' : `, active is ${active}`}`;
  }
}

function describeStatus({ name, active, revisions = [], lock }: TargetResult, now: Date): readonly string[] {
  const ours = revisions.filter(({ state }) => state !== 'foreign');
  const foreign = revisions.filter(({ state }) => state === 'foreign');
  const rows = [...ours.reverse(), ...foreign].map((row) => [
    row.name === active ? '→' : ' ',
    row.name,
    row.state,
    age(row, now),
    row.commit?.slice(0, 7) ?? '',
    row.actor ?? '',
    row.run ?? '',
  ]);
  const holder =
    lock === undefined
      ? []
      : [
          `  locked by ${lock.actor} (${lock.command}, ${lock.run === '-' ? lock.runner : lock.run}) for ${lock.ageSeconds} s`,
        ];
  const none = revisions.length === 0 ? ['  no revisions'] : [];
  return [`${name}: ${active ?? 'no revision'} is active`, ...table(rows), ...none, ...holder];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
