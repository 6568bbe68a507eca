import type { LockHolder, RevisionRow } from './result.ts';

const states = ['completed', 'prepared', 'bad', 'unfinished', 'foreign'] as const;

const known = (value: string | undefined): string | undefined =>
  value === undefined || value === '' || value === '-' ? undefined : value;

/** What a Date can hold. */
const latestSeconds = 8.64e12;

/** Seconds since 1970 as ISO 8601 without fractions. */
function time(seconds: string | undefined): string | undefined {
  const value = Number(known(seconds) ?? Number.NaN);
  return Math.abs(value) <= latestSeconds && Number.isInteger(value)
    ? new Date(value * 1000).toISOString().replace('.000', '')
    : undefined;
}

/** A row of the target's table of revisions. */
export function readRevision(values: readonly string[]): RevisionRow {
  const [name = '', state, created, activated, actor, commit, run] = values;
  return {
    name,
    state: states.find((each) => each === state) ?? 'foreign',
    createdAt: time(created),
    activatedAt: time(activated),
    actor: known(actor),
    commit: known(commit),
    run: known(run),
  };
}

/** Who holds the lock: as data, and as words for a person. */
export function readHolder(values: readonly string[]): { holder: LockHolder; description: string } {
  const [, actor = '-', commit = '-', run = '-', command = '-', runner = '-', since = '0', now = '0'] = values;
  const holder = { actor, commit, run, command, runner, ageSeconds: Math.max(0, Number(now) - Number(since)) };
  const who = known(actor) ?? 'an unknown user';
  const where = known(run) ?? known(runner);
  return {
    holder,
    description: `${who}${where === undefined ? '' : ` (${command}, ${where})`} for ${holder.ageSeconds} s`,
  };
}
