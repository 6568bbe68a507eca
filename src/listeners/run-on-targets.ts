import { constants } from 'node:os';
import { posix } from 'node:path';
import { matchesTarget } from '../config/pattern.ts';
import type { RunResult } from '../../shipper.d.ts';
import type { Listener } from '../config/config.ts';
import { nameListener } from '../config/name-listener.ts';
import { asShipperError, ShipperError } from '../errors.ts';
import { gathered } from '../gathered.ts';
import { lastLines } from '../last-lines.ts';
import { runCommand } from '../remote/command.ts';
import { commandVariables, namesOn, type Place, revisionOn, type Scene } from './scene.ts';
import type { Stage } from './stage.ts';
import { TargetLines } from './target-lines.ts';

export interface TargetRun {
  readonly command: string;
  /** Pattern of target names or hosts; undefined means every target. */
  readonly on: string | undefined;
  readonly once: boolean;
  /** Directory, absolute or from the revision; the revision itself where undefined. */
  readonly cwd: string | undefined;
  /** Values to hand over; they travel on stdin. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds; undefined means no limit. */
  readonly timeout: number | undefined;
  readonly allowFailure: boolean;
}

let commands = 0;

/**
 * Runs a command of a listener on the targets of the scene that it is for, on all of them at once. Rejects with the
 * first failure after all have ended; the others are told as warnings, one for each kind.
 */
export async function runOnTargets(
  run: TargetRun,
  listener: Listener,
  scene: Scene,
  stage: Stage,
): Promise<readonly RunResult[]> {
  const fitting = scene.places.filter(({ target }) => run.on === undefined || matchesTarget(run.on, target));
  const places = run.once ? stage.once.of(fitting, run.command, listener, scene) : fitting;
  if (places.length < fitting.length && places.length === 0) stage.log.info('(once, in an earlier wave)');
  const ended = await Promise.allSettled(places.map(async (place) => runOn(place, scene, run, stage)));
  const [first, ...others] = ended.flatMap((each) => (each.status === 'rejected' ? [asShipperError(each.reason)] : []));
  for (const other of gathered(others)) stage.log.warning(`${nameListener(listener)} failed ${other}`);
  if (first !== undefined) throw first;
  return ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

async function runOn(place: Place, scene: Scene, run: TargetRun, { config, log }: Stage): Promise<RunResult> {
  const { target, connection, runDirectory } = place;
  const { umask } = config;
  const failure = (what: string, cause?: unknown) =>
    new ShipperError('LISTENER', `on ${target.name}: ${what}`, { target: target.name, step: scene.event, cause });
  if (connection === undefined || place.lost) throw failure('there is no connection to it any more');
  const id = String((commands += 1));
  const lines = new TargetLines(scene.places.length > 1 ? `${target.name}: ` : '', log);
  const old = scene.back === true ? target.activeSymlink : undefined; // What it went back to may be no revision.
  const revision = scene.made ? (revisionOn(target, namesOn(scene, place).revision)?.path ?? old) : undefined;
  const late = new AbortController();
  let leader: string | undefined;
  const stop = (): void => {
    if (leader !== undefined && late.signal.aborted) place.stop(leader);
  };
  late.signal.addEventListener('abort', stop);
  const timer = run.timeout === undefined ? undefined : setTimeout(() => late.abort(), run.timeout * 1000);
  try {
    const { code, signal, stdout, stderr } = await runCommand({
      access: { connection, reconnect: async () => place.reconnect() },
      target: target.name,
      signal: scene.signal,
      runDirectory,
      id,
      cwd: run.cwd === undefined ? (revision ?? '') : posix.resolve(revision ?? target.revisions, run.cwd),
      command: run.command,
      umask,
      environment: { ...commandVariables(scene, place), SHIPPER_HOST: target.name },
      forwarded: run.env,
      onOutput: async (text) => lines.add(text),
      onStart: (started) => {
        leader = started;
        stop();
      },
    });
    const status = code ?? statusOf(signal);
    const end = late.signal.aborted ? `it was stopped after its timeout of ${run.timeout ?? 0} seconds` : undefined;
    const failed = status !== 0 || end !== undefined;
    if (status === undefined || (failed && !run.allowFailure))
      throw failure(`${end ?? ending(code, signal)}${lastLines(stdout, stderr)}`);
    if (failed)
      log.warning(
        `${scene.event}, on ${target.name}: ${end ?? ending(code, signal)}, which is allowed: ${run.command}`,
        target.name,
      );
    return { host: target.host, code: status, stdout, stderr };
  } finally {
    clearTimeout(timer);
    lines.end();
  }
}

/** The exit status by which a shell reports a command that a signal ended. */
function statusOf(signal: string | undefined): number | undefined {
  const known: Partial<Record<string, number>> = constants.signals;
  return signal === undefined ? undefined : 128 + (known[signal] ?? 0);
}

function ending(code: number | undefined, signal: string | undefined): string {
  if (signal !== undefined) return `it was ended by signal ${signal}`;
  return code === undefined ? 'the connection was lost while it ran' : `exit status ${code}`;
}
