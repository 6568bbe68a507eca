import type { Fact } from '../remote/frame.ts';
import type { LockHolder, RevisionRow } from './result.ts';

/** What became of a run whose connection was lost, as the target tells it once it is done with it. */
export type Verdict = 'completed' | 'returned' | 'settled' | 'unknown';

/** What a target tells, read and checked: every name in it is one plain name, or undefined where there is none. */
export type TargetFact =
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'flushed' | 'deleted' | 'unchanged' }
  | { readonly kind: 'revision' | 'taken' | 'linked' | 'completed' | 'purged' | 'adopted'; readonly name: string }
  | { readonly kind: 'active' | 'returned'; readonly name: string | undefined; readonly link: string }
  | { readonly kind: 'previous'; readonly name: string | undefined }
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly active: string | undefined }
  | { readonly kind: 'listed'; readonly row: RevisionRow }
  | { readonly kind: 'warning'; readonly step: string; readonly message: string }
  | { readonly kind: 'settled'; readonly token: string }
  | { readonly kind: 'ordered_by'; readonly order: string }
  | { readonly kind: 'waiting' | 'holder'; readonly holder: LockHolder; readonly description: string }
  | { readonly kind: 'found'; readonly found: Fact };

/** What only a dry run asks for. */
const founds: readonly string[] = ['missing', 'dangling', 'purgeable', 'standing', 'marks', 'clears'];

const verdicts: readonly Verdict[] = ['completed', 'returned', 'settled', 'unknown'];

/**
 * Whether a text is one name of a revision, and leads nowhere else when it becomes part of a path: wherever it came
 * from, the target's own disk and journal included.
 */
export function isRevisionName(text: string): boolean {
  return text !== '' && !text.startsWith('.shipper') && text !== '.' && text !== '..' && !/[/\0]/.test(text);
}

/** Reads a fact; undefined where it says what no target of Shipper says. */
export function readTargetFact({ kind, values }: Fact): TargetFact | undefined {
  const [first = '', second = ''] = values;
  switch (kind) {
    case 'step':
      return { kind, step: first };
    case 'flushed':
    case 'deleted':
    case 'unchanged':
      return { kind };
    case 'revision':
    case 'taken':
    case 'linked':
    case 'completed':
    case 'purged':
    case 'adopted':
      return isRevisionName(first) ? { kind, name: first } : undefined;
    case 'active':
    case 'returned':
      return isNameOrNone(first) ? { kind, name: nameOf(first), link: second } : undefined;
    case 'previous':
      return isNameOrNone(first) ? { kind, name: nameOf(first) } : undefined;
    case 'verdict':
      return readVerdict(first, second);
    case 'listed':
      return isRevisionName(first) ? { kind, row: readRevision(values) } : undefined;
    case 'warning':
      return { kind, step: first, message: second };
    case 'ordered_by':
      return { kind, order: first };
    case 'settled':
      return { kind, token: first };
    case 'waiting':
    case 'holder':
      return { kind, ...readHolder(values) };
    default:
      return founds.includes(kind) ? { kind: 'found', found: { kind, values } } : undefined;
  }
}

function readVerdict(first: string, second: string): TargetFact | undefined {
  const verdict = verdicts.find((each) => each === first);
  if (verdict === undefined || !isNameOrNone(second)) return undefined;
  return { kind: 'verdict', verdict, active: nameOf(second) };
}

const isNameOrNone = (text: string): boolean => text === '' || isRevisionName(text);
const nameOf = (text: string): string | undefined => (text === '' ? undefined : text);

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
function readRevision(values: readonly string[]): RevisionRow {
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
function readHolder(values: readonly string[]): { holder: LockHolder; description: string } {
  const [, actor = '-', commit = '-', run = '-', command = '-', runner = '-', since = '0', now = '0'] = values;
  const holder = { actor, commit, run, command, runner, ageSeconds: Math.max(0, Number(now) - Number(since)) };
  const who = known(actor) ?? 'an unknown user';
  const where = known(run) ?? known(runner);
  return {
    holder,
    description: `${who}${where === undefined ? '' : ` (${command}, ${where})`} for ${holder.ageSeconds} s`,
  };
}
