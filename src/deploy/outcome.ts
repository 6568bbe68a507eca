import type { Command } from '../config/events.ts';
import type { ShipperError } from '../errors.ts';
import type { Result, Status, TargetResult, TargetWave } from './result.ts';
import type { Site } from './site.ts';
import { isDone, type Phase } from './state.ts';

/** What decides how a run ended, beside the states of its targets. */
export interface Ending {
  readonly command: Command;
  readonly dryRun: boolean;
  /** Whether everything has come to its end: until then nothing is said to have succeeded. */
  readonly isOver: boolean;
  /** Why the run failed; the first error wins. */
  readonly error: ShipperError | undefined;
  readonly cancelled: boolean;
  /** The names that speak for the fleet; `previous` can be a path outside of `revisions`. */
  readonly revision: string | undefined;
  readonly previous: string | undefined;
  /** The wave of the target with that index, where there are several. */
  readonly waveOf: (index: number) => TargetWave | undefined;
}

/** The result of a run by the states of its targets. */
export function resultOf(sites: readonly Site[], ending: Ending): Result {
  const { command, dryRun, revision, previous } = ending;
  return {
    command,
    dryRun,
    status: statusOfRun(
      sites.map(({ state }) => state.phase),
      ending,
    ),
    revision,
    previousRevision: previous,
    targets: sites.map((site, index) => resultOn(site, ending, ending.waveOf(index))),
  };
}

function statusOfRun(phases: readonly Phase[], { isOver, error, cancelled }: Ending): Status {
  if (!isOver) return 'unknown';
  if (error === undefined) return phases.every((phase) => phase === 'unchanged') ? 'unchanged' : 'succeeded';
  const isParted = phases.includes('completed') && !phases.every(isDone);
  if (isParted || phases.some((phase) => phase === 'unknown' || phase === 'switched' || phase === 'staying')) {
    return 'unknown';
  }
  if (phases.includes('stayed')) return 'stayed';
  if (cancelled) return 'cancelled';
  return phases.includes('returned') ? 'returned' : 'failed';
}

function statusOn(phase: Phase, failed: boolean, { isOver, cancelled }: Ending): Status {
  if (!isOver) return 'unknown';
  switch (phase) {
    case 'idle':
    case 'begun':
    case 'deciding':
    case 'settled':
      if (!failed) return 'succeeded';
      return cancelled ? 'cancelled' : 'failed';
    case 'unchanged':
    case 'stayed':
    case 'returned':
    case 'unknown':
      return phase;
    case 'switched':
    case 'staying':
      return 'unknown';
    case 'completed':
      return 'succeeded';
  }
}

function resultOn(site: Site, ending: Ending, wave: TargetWave | undefined): TargetResult {
  const { target, state, knowledge, failure } = site;
  const { steps, revisions } = knowledge;
  const { error, command, dryRun } = ending;
  const { phase, revision, previous, outside, active, purged, lock } = state;
  const isReading = dryRun || command === 'status';
  const isOwn = error !== undefined && (error.target === undefined || error.target === target.name);
  const own = error === undefined || isDone(phase) ? undefined : (failure ?? (isOwn ? error : undefined));
  return {
    host: target.host,
    name: target.name,
    wave,
    status: statusOn(phase, error !== undefined && (!isReading || own !== undefined), ending),
    revision,
    revisionPath: revision === undefined ? undefined : `${target.revisions}/${revision}`,
    previousRevision: previous ?? (outside === '' ? undefined : outside),
    purged,
    steps: steps.times,
    active,
    revisions: revisions.length === 0 ? undefined : revisions,
    lock,
    ...(own === undefined ? {} : { error: { code: own.code, message: own.message } }),
  };
}
