import { ShipperError } from '../errors.ts';
import { listed } from '../gathered.ts';
import type { Result, Status, TargetResult } from './result.ts';

/** What a person wants to know first: what is live now, where, and whether that is what was wanted. */
export interface Headline {
  readonly sign: string;
  /** A sentence without its full stop. Names stand as they are. */
  readonly text: string;
}

/** How a name is written: as it is, or as code. */
type Quote = (name: string) => string;

const asIs: Quote = (name) => name;

export function headlineOf(result: Result, quote: Quote = asIs): Headline {
  if (result.command === 'status') return readLine(result, quote);
  if (result.dryRun) return planLine(result, quote);
  return { sign: signs[result.status], text: sentences[result.status](result, quote) };
}

const signs: Record<Status, string> = {
  succeeded: '🚢',
  unchanged: '⚓',
  failed: '❌',
  returned: '↩️',
  stayed: '⚠️',
  cancelled: '✋',
  unknown: '❓',
};

const sentences: Record<Status, (result: Result, quote: Quote) => string> = {
  succeeded: (result, quote) => {
    const { command, targets } = result;
    const where = whereOf(targets, quote);
    const revision = named(revisionOf(result), quote);
    if (command === 'prepare')
      return `${revision} is prepared on ${where} and waits for activate; ${liveOn(targets, quote)}`;
    return liveOn(targets, quote, command === 'rollback' ? 'live again' : 'live');
  },
  unchanged: ({ targets }, quote) => `${liveOn(targets, quote)}, as it was: there was nothing to do`,
  failed: (result, quote) => `${notLive(result, quote)}; ${stillLive(result, quote)}`,
  returned: (result, quote) =>
    `${wanted(result, quote)} failed after the switch and was taken back; ${liveOn(result.targets, quote, 'live again')}`,
  stayed: ({ targets }, quote) => `${liveOn(targets, quote)}, though the run failed after the switch`,
  cancelled: (result, quote) => {
    const back = result.targets.some(({ status }) => status === 'returned');
    return `Cancelled${back ? ' after the switch' : ''}; ${back ? liveOn(result.targets, quote, 'live again') : stillLive(result, quote)}`;
  },
  unknown: ({ targets }, quote) => {
    const lost = targets.filter(({ status }) => status === 'unknown');
    const rest = targets.filter(({ status }) => status !== 'unknown');
    const others = rest.length === 0 ? '' : `; elsewhere ${liveOn(rest, quote)}`;
    return `What is live on ${whereOf(lost.length > 0 ? lost : targets, quote)} is not known: look with the command status${others}`;
  },
};

function readLine({ targets, status }: Result, quote: Quote): Headline {
  const read = targets.filter(isRead);
  const unread = targets.filter((target) => !isRead(target));
  const failed = unread.length === 0 ? '' : `${whereOf(unread, quote)} could not be read`;
  const live = read.length === 0 ? '' : liveOn(read, quote);
  return { sign: status === 'succeeded' ? '🔎' : signs[status], text: [failed, live].filter(Boolean).join('; ') };
}

function planLine(result: Result, quote: Quote): Headline {
  const { command, targets, status } = result;
  const unread = targets.filter((target) => !isRead(target));
  if (unread.length > 0) {
    return {
      sign: signs[status],
      text: `No whole plan: ${whereOf(unread, quote)} could not be read. Nothing was changed`,
    };
  }
  const what = `${command} of ${named(revisionOf(result), quote)} to ${whereOf(targets, quote)}`;
  return { sign: '📝', text: `A ${what}, planned only: ${liveOn(targets, quote, 'still live')}` };
}

/** Whether a target was read, where the run changed nothing. */
export function isRead({ status }: TargetResult): boolean {
  return status === 'succeeded' || status === 'unchanged';
}

const revisionOf = ({ revision, targets }: Result): string | undefined =>
  revision ?? targets.find((target) => target.revision !== undefined)?.revision;

const named = (name: string | undefined, quote: Quote): string => (name === undefined ? 'the revision' : quote(name));

function notLive(result: Result, quote: Quote): string {
  const revision = revisionOf(result);
  if (result.command === 'prepare') return `${named(revision, quote)} was not prepared`;
  return revision === undefined ? `The ${result.command} failed` : `${quote(revision)} did not go live`;
}

function wanted(result: Result, quote: Quote): string {
  const revision = revisionOf(result);
  return revision === undefined ? `The ${result.command}` : quote(revision);
}

/** What a run that switched nothing leaves: where it was read, what was live before, and still is. */
function stillLive({ targets }: Result, quote: Quote): string {
  const read = targets.filter(({ active, steps }) => active !== undefined || steps.length > 1);
  if (read.length === 0) return `nothing was changed on ${whereOf(targets, quote)}`;
  return liveOn(read, quote, 'still live');
}

/** `v2 is live on web1`; where the targets differ, each revision with its targets. */
function liveOn(targets: readonly TargetResult[], quote: Quote, live = 'live'): string {
  const groups = new Map<string | undefined, TargetResult[]>();
  for (const target of targets) groups.set(liveOf(target), [...(groups.get(liveOf(target)) ?? []), target]);
  const parts = [...groups].map(([name, those]) => {
    const where = whereOf(those, quote);
    return name === undefined
      ? `nothing is ${live.replace(' again', '')} on ${where}`
      : `${quote(name)} is ${live} on ${where}`;
  });
  return parts.join(', ');
}

/** The active revision; what a link that led elsewhere led to, where it was left or put back. */
function liveOf({ active, previousRevision, status }: TargetResult): string | undefined {
  return active ?? (status === 'succeeded' || status === 'unchanged' ? undefined : previousRevision);
}

function whereOf(targets: readonly TargetResult[], quote: Quote): string {
  if (targets.length > 6) return `${targets.length} targets`;
  return listed(targets.map(({ name }) => quote(name)));
}

/** The failure as its annotation has it: with what is live now. */
export function annotated(error: ShipperError, result: Result): ShipperError {
  const [first, ...others] = error.problems;
  if (first === undefined) return error;
  const message = `${first.message}\nNow: ${headlineOf(result).text}.`;
  const { target, step, cause } = error;
  return new ShipperError(error.code, [{ ...first, message }, ...others], { target, step, cause });
}
