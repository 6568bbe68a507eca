import type { Target } from '../config/config.ts';
import type { Command, EventName } from '../config/events.ts';
import type { Connection } from '../ssh/connection-types.ts';
import type { Failure, Outcome, Revision, Wave } from '../../shipper.d.ts';

/** A target as listeners see it. */
export interface Place {
  readonly target: Target;
  /** Undefined before the first contact, and when it was lost. */
  readonly connection: Connection | undefined;
  /** Absolute path on the target of the run's own directory. */
  readonly runDirectory: string;
  /** Name of the revision being made or switched to there; targets may differ in it. */
  readonly revision: string | undefined;
  /** Name of the revision that was active there before. */
  readonly previous: string | undefined;
  /** Whether the run's own session there ended early: nothing may be started there any more. */
  readonly lost: boolean;
  /** Ends the process group that has this leader on the target. */
  stop(leader: string): void;
  /** One more connection, for a server that refuses a second channel; the caller ends it. */
  reconnect(): Promise<Connection>;
}

/** The moment at which listeners are called, and what is known by then. */
export interface Scene {
  readonly command: Command;
  readonly event: EventName;
  /** The targets that it is about: those of the wave, else all. */
  readonly places: readonly Place[];
  /** Undefined where the event is about all targets at once. */
  readonly wave?: Wave | undefined;
  /** Name of the revision being made or switched to. */
  readonly revision: string | undefined;
  /** Whether its directory is there yet. */
  readonly made: boolean;
  /** Whether the targets are going back: what was active before is switched to again. */
  readonly back?: boolean | undefined;
  /** Name of the revision that was active before. */
  readonly previous: string | undefined;
  /** Ends what its listeners do on the runner, and keeps further ones from being called. */
  readonly signal: AbortSignal;
  readonly error?: Failure | undefined;
  readonly outcome?: Outcome | undefined;
}

/** The wave that listeners are told of: what is about all targets at once is the only one. */
export function waveOf({ wave = { number: 1, of: 1 } }: Scene): Wave {
  return wave;
}

/** What the log calls the part in which the listeners of the scene run. */
export function titleOf(scene: Scene): string {
  const { event, back = false, revision } = scene;
  const { number, of } = waveOf(scene);
  const again = back ? `, for ${revision ?? 'what was there'} again` : '';
  return `${event}${of > 1 ? `, wave ${number} of ${of}` : ''}${again}`;
}

/** A revision as a listener sees it: with its path on that target. */
export function revisionOn(target: Target | undefined, name: string | undefined): Revision | undefined {
  if (target === undefined || name === undefined) return undefined;
  return { name, path: `${target.revisions}/${name}` };
}

/** The names of a scene on one of its targets: after a failure each goes back to its own, and so does a rollback. */
export function namesOn(
  { revision, previous, back = false }: Scene,
  place: Place | undefined,
): Pick<Scene, 'revision' | 'previous'> {
  if (place === undefined) return { revision, previous };
  const names = { revision: place.revision ?? revision, previous: place.previous };
  return back ? { revision: names.previous, previous: names.revision } : names;
}

/** The variables that every command of a listener gets, but for the host's. */
export function commandVariables(scene: Scene, place: Place | undefined): Record<string, string> {
  const { command, event } = scene;
  const { revision, previous } = namesOn(scene, place);
  const target = place?.target;
  return {
    SHIPPER_COMMAND: command,
    SHIPPER_EVENT: event,
    SHIPPER_REVISION: revision ?? '',
    SHIPPER_REVISION_PATH: revisionOn(target, revision)?.path ?? '',
    SHIPPER_PREVIOUS_REVISION: previous ?? '',
    SHIPPER_ACTIVE_SYMLINK: target?.activeSymlink ?? '',
    SHIPPER_WAVE: String(waveOf(scene).number),
    SHIPPER_WAVES: String(waveOf(scene).of),
  };
}
