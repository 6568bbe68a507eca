import type { TargetFact, Verdict } from './facts.ts';
import type { LockHolder } from './result.ts';

/** How far a target is in a run. */
export type Phase =
  /** Nothing was asked of it that it could have begun with. */
  | 'idle'
  /** It was asked for what leaves the active symlink alone. */
  | 'begun'
  /** It was asked for what decides, the switch or the completion, and has not told what came of it. */
  | 'deciding'
  /** It is on the wanted revision already, and has nothing to do. */
  | 'unchanged'
  /** The active symlink leads to the new revision, and the run has not completed. */
  | 'switched'
  /** The same after a failure, for good: it is being completed as it is. */
  | 'staying'
  /** The journal says that this run completed. */
  | 'completed'
  /** The same after a failure. */
  | 'stayed'
  /** It was switched and then put back, by whomever. */
  | 'returned'
  /** The run failed before anything was switched there, and it is in order or puts itself in order. */
  | 'settled'
  /** The connection was lost when it mattered, or it cannot be believed: the truth could not be read back. */
  | 'unknown';

/** What is known of a target. Grows fact by fact, by `after` alone. */
export interface TargetState {
  readonly phase: Phase;
  /** Name of the revision being made or switched to there. */
  readonly revision?: string | undefined;
  /** Name of the revision that was active before the run; undefined where the link led elsewhere, or was none. */
  readonly previous?: string | undefined;
  /** What the active symlink said before the run; empty where there was none. It may have led outside `revisions`. */
  readonly link: string;
  /** The same, where it led outside `revisions`. */
  readonly outside?: string | undefined;
  /** Name of the active revision, as far as it was read. */
  readonly active?: string | undefined;
  readonly purged: readonly string[];
  readonly lock?: LockHolder | undefined;
  /** Who holds the lock, in words. */
  readonly holder?: string | undefined;
}

/** What the runner itself adds to what targets tell. */
export type RunnerFact =
  /** Steps were sent: whatever comes now, the target may have begun. `decides`: the switch or the completion are among them. */
  | { readonly kind: 'asked'; readonly decides: boolean }
  /** It is certain that the target ran nothing of it. */
  | { readonly kind: 'refused' }
  /** The run failed, and stays where it switched to. */
  | { readonly kind: 'stays' }
  /** It was put in order after a failure. */
  | { readonly kind: 'cleared' }
  /** Nothing more can be learnt of the target. */
  | { readonly kind: 'gone' };

export const untouched: TargetState = { phase: 'idle', link: '', purged: [] };

/** The state after a fact. Pure, and total: every fact is met in every phase. */
export function after(state: TargetState, fact: TargetFact | RunnerFact): TargetState {
  switch (fact.kind) {
    case 'asked':
      return { ...state, phase: asked(state.phase, fact.decides) };
    case 'refused':
      return { ...state, phase: 'idle' };
    case 'stays':
      return state.phase === 'switched' ? { ...state, phase: 'staying' } : state;
    case 'cleared':
      return state.phase === 'begun' || state.phase === 'deciding' ? { ...state, phase: 'settled' } : state;
    case 'gone':
      return { ...state, phase: gone(state.phase) };
    case 'revision':
    case 'taken':
      return { ...state, revision: fact.name };
    case 'active':
      return { ...state, active: fact.name, link: fact.link, outside: fact.name === undefined ? fact.link : undefined };
    case 'previous':
      return { ...state, previous: fact.name };
    case 'unchanged':
      return { ...state, phase: 'unchanged', active: state.revision };
    case 'linked':
      return { ...state, phase: 'switched', active: fact.name };
    case 'returned':
      return { ...state, phase: 'returned', active: fact.name, purged: [] };
    case 'completed':
      return { ...state, phase: state.phase === 'staying' ? 'stayed' : 'completed' };
    case 'verdict':
      return { ...state, phase: judged(state.phase, fact.verdict), active: fact.active };
    case 'purged':
      return { ...state, purged: [...state.purged, fact.name] };
    case 'holder':
      return { ...state, lock: fact.holder, holder: fact.description };
    case 'step':
    case 'flushed':
    case 'deleted':
    case 'warning':
    case 'settled':
    case 'waiting':
    case 'listed':
    case 'found':
    case 'adopted':
    case 'ordered_by':
      return state;
  }
}

function asked(phase: Phase, decides: boolean): Phase {
  if (phase !== 'idle' && phase !== 'begun') return phase;
  return decides ? 'deciding' : 'begun';
}

function gone(phase: Phase): Phase {
  switch (phase) {
    case 'begun':
      return 'settled'; // It cannot have switched, and puts itself in order.
    case 'deciding':
    case 'switched':
    case 'staying':
      return 'unknown';
    case 'idle':
    case 'unchanged':
    case 'completed':
    case 'stayed':
    case 'returned':
    case 'settled':
    case 'unknown':
      return phase;
  }
}

function judged(phase: Phase, verdict: Verdict): Phase {
  switch (verdict) {
    case 'completed':
      return phase === 'staying' ? 'stayed' : 'completed';
    case 'returned':
    case 'settled':
    case 'unknown':
      return verdict;
  }
}

/** Whether the run reached its end there: whatever fails now, nothing of it is put back. */
export function isDone(phase: Phase): boolean {
  return phase === 'unchanged' || phase === 'completed' || phase === 'stayed';
}

/** Whether the active symlink leads to what the run switched to, and the run has not completed. */
export function isSwitched(phase: Phase): boolean {
  return phase === 'switched' || phase === 'staying';
}

/** Whether only the target knows what the run came to there, should the connection be lost now. */
export function isUndecided(phase: Phase): boolean {
  return phase === 'deciding' || isSwitched(phase);
}

/** Whether the run may have left something there that has to be put in order. */
export function isOpen(phase: Phase): boolean {
  return phase === 'begun' || isUndecided(phase);
}
