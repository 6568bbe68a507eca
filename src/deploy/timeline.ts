import { type Command, type EventName, eventNames, type Step, steps } from '../config/events.ts';

/** A thing that a target is asked to do: the steps of the contract, and what Shipper needs around them. */
export type Work =
  Step | 'preflight' | 'lock' | 'choose' | 'complete' | 'unlock' | 'go_back' | 'discard' | 'inspect' | 'verdict';

/** No target of the fleet goes past a barrier before all have reached it. */
type Mark = Work | EventName | 'barrier';

const timelines: Record<Exclude<Command, 'status'>, readonly Mark[]> = {
  deploy: [
    ...(['preflight', 'lock'] as const),
    ...around('init_directories'),
    ...around('create_revision'),
    ...around('create_symlinks'),
    'barrier',
    ...around('link_current_revision'),
    'barrier',
    ...around('purge_old_revisions'),
    ...(['before:completion', 'barrier', 'complete', 'unlock'] as const),
  ],
  prepare: [
    ...(['preflight', 'lock'] as const),
    ...around('init_directories'),
    ...around('create_revision'),
    ...around('create_symlinks'),
    ...(['before:completion', 'barrier', 'complete', 'unlock'] as const),
  ],
  activate: [
    ...(['preflight', 'lock', 'choose', 'barrier'] as const),
    ...around('link_current_revision'),
    'barrier',
    ...around('purge_old_revisions'),
    ...(['before:completion', 'barrier', 'complete', 'unlock'] as const),
  ],
  rollback: [
    ...(['preflight', 'lock', 'choose', 'before:rollback', 'barrier', 'link_current_revision'] as const),
    ...([
      'after:link_current_revision',
      'after:rollback',
      'before:completion',
      'barrier',
      'complete',
      'unlock',
    ] as const),
  ],
};

const dryRuns: Record<Command, readonly Work[]> = {
  deploy: ['preflight', 'inspect'],
  prepare: ['preflight', 'inspect'],
  activate: ['preflight', 'choose', 'inspect'],
  rollback: ['preflight', 'choose', 'inspect'],
  status: ['inspect'],
};

function around<S extends Step>(step: S): readonly [`before:${S}`, S, `after:${S}`] {
  return [`before:${step}`, step, `after:${step}`];
}

export function isEvent(mark: string): mark is EventName {
  return (eventNames as readonly string[]).includes(mark);
}

export function isStep(work: string): work is Step {
  return (steps as readonly string[]).includes(work);
}

/** What the run comes to next: an event to dispatch, or work that travels to every target as one message. */
export type Moment =
  | { readonly kind: 'event'; readonly event: EventName }
  | { readonly kind: 'work'; readonly work: readonly Work[]; readonly last: boolean };

/**
 * The moments of a run, from the first contact to completion. Work without a listener between it travels together; in a
 * fleet of several targets the barriers part it too. `stays` keeps the sessions for listeners that come after the last.
 */
export function moments(
  command: Command,
  listensTo: (event: EventName) => boolean,
  { fleet, dryRun, stays }: { readonly fleet: number; readonly dryRun: boolean; readonly stays: boolean },
): readonly Moment[] {
  if (dryRun || command === 'status') return [{ kind: 'work', work: dryRuns[command], last: true }];
  const result: Moment[] = [];
  let work: Work[] = [];
  const send = (last: boolean) => {
    if (work.length > 0) result.push({ kind: 'work', work, last });
    work = [];
  };
  for (const mark of timelines[command]) {
    if (mark === 'barrier') {
      if (fleet > 1) send(false);
    } else if (!isEvent(mark)) work.push(mark);
    else if (listensTo(mark)) {
      send(false);
      result.push({ kind: 'event', event: mark });
    }
  }
  send(!stays);
  return result;
}
