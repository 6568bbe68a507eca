import { type Command, type EventName, type Step, steps } from '../config/events.ts';

/** A thing that a target is asked to do: the steps of the contract, and what Shipper needs around them. */
export type Work =
  | Step
  | 'preflight'
  | 'lock'
  | 'choose'
  | 'complete'
  | 'unlock'
  | 'go_back'
  | 'discard'
  | 'adopt'
  | 'inspect'
  | 'verdict';

/**
 * The targets that a row is for. `working`: those that have something to do; `open`: those that can be reached and where
 * the run may have left something; `switched`: of these, those that are on the new revision; `quiet`: of these, those
 * that are not; `returned`: those that went back to something.
 */
export type Selector = 'working' | 'open' | 'switched' | 'quiet' | 'returned';

/** One row of a tape: work or an event, for which targets, and how long it may take. */
export type Row =
  | { readonly work: Work; readonly on: Selector }
  | { readonly event: EventName; readonly on: Selector; readonly late?: number }
  /** No target goes past it before all have reached it. */
  | 'together'
  /** Those whose connection was lost are asked what became of the run. */
  | 'judge'
  /** The rows in between are for one wave after another. */
  | { readonly wave: readonly Row[] };

type Tape = readonly Row[];

const work = (...all: readonly Work[]): Tape => all.map((each) => ({ work: each, on: 'working' }));
const event = (name: EventName): Row => ({ event: name, on: 'working' });
const around = (step: Step): Tape => [event(`before:${step}`), ...work(step), event(`after:${step}`)];

const begin = work('preflight', 'lock');
const build = [...around('init_directories'), ...around('create_revision'), ...around('create_symlinks')];
const change: Tape = ['together', { wave: around('link_current_revision') }, 'together'];
const rotate = around('purge_old_revisions');
const end: Tape = [event('before:completion'), 'together', ...work('complete', 'unlock')];

/** How a run goes when nothing fails. */
export const forth: Readonly<Record<Exclude<Command, 'status'>, Tape>> = {
  deploy: [...begin, ...build, ...change, ...rotate, ...end],
  prepare: [...begin, ...build, ...end],
  activate: [...begin, ...work('choose'), ...change, ...rotate, ...end],
  rollback: [
    ...[...begin, ...work('choose'), event('before:rollback'), 'together' as const],
    ...[...work('link_current_revision'), event('after:link_current_revision'), event('after:rollback')],
    ...end,
  ],
  adopt: [...begin, ...work('init_directories', 'adopt', 'unlock')],
};

/** Whether the targets switch in waves, where the config has any. */
export function isInWaves(command: Command): boolean {
  return command !== 'status' && forth[command].some((row) => typeof row === 'object' && 'wave' in row);
}

/** How it goes back when something failed: nothing of the run stays. `late` is in milliseconds, once it is cancelled. */
export const back: Tape = [
  { work: 'go_back', on: 'open' },
  'judge',
  { event: 'after:link_current_revision', on: 'returned', late: 1_000 },
  { work: 'discard', on: 'quiet' },
  { event: 'on:error', on: 'working', late: 2_000 },
  { work: 'unlock', on: 'quiet' },
];

/** How it ends when something failed after the switch, and what was switched stays. */
export const stay: Tape = [
  { work: 'complete', on: 'switched' },
  { work: 'unlock', on: 'switched' },
  { work: 'go_back', on: 'open' },
  'judge',
  { work: 'discard', on: 'quiet' },
  { event: 'on:error', on: 'working', late: 2_000 },
  { work: 'unlock', on: 'quiet' },
];

/** What is only read. */
export const dry: Readonly<Record<Command, readonly Work[]>> = {
  deploy: ['preflight', 'inspect'],
  prepare: ['preflight', 'inspect'],
  activate: ['preflight', 'choose', 'inspect'],
  rollback: ['preflight', 'choose', 'inspect'],
  adopt: ['preflight', 'inspect'],
  status: ['inspect'],
};

export function isStep(name: string): name is Step {
  return (steps as readonly string[]).includes(name);
}
