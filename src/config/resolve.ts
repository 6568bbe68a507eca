import type { Config, Listener, Target } from './config.ts';
import { type Document, type JsonObject, placeOf } from './document.ts';
import { fleetOf, selectTargets } from './distinct-targets.ts';
import { settingOf } from './layers.ts';
import { readListeners } from './read-listeners.ts';
import type { CheckedOverrides } from './overrides.ts';
import { contains, targetPath } from './paths.ts';
import { matchesTarget } from './pattern.ts';
import type { Problems } from './problems.ts';
import type { RawConfig, RawFile } from './raw.ts';
import { checkRevision } from './revision.ts';
import { baseOf } from './structure.ts';
import { readTargets } from './targets.ts';
import { wavesOf } from './waves.ts';

/** Makes a valid document and the inputs into the config of a run. What is wrong goes to `problems`. */
export function resolveConfig(
  document: Document<JsonObject>,
  inputs: CheckedOverrides,
  problems: Problems,
): { config: Config; warnings: readonly string[] } {
  const { events = {}, config: raw = {} } = document.value as RawFile;
  const fleet = fleetOf(readTargets(document, raw, inputs, problems), problems);
  const targets = raw.targets === undefined ? fleet : selectTargets(fleet, inputs.hosts, problems);
  const listeners = readListeners(document, events, problems);
  const config: Config = {
    targets,
    revision: inputs.revision ?? revisionOf(document, raw, problems),
    revisionsToKeep: Math.max(1, raw.revisions_to_keep ?? 5),
    failOnSymlinkError: raw.fail_on_symlink_error ?? false,
    relativeSymlinks: raw.relative_symlinks ?? false,
    rollbackOnFailure: raw.rollback_on_failure ?? true,
    waves: wavesOf(document, raw, targets.length, problems),
    umask: umaskOf(document, raw, problems),
    sync: raw.sync ?? true,
    sourceDir: sourceOf(document, raw, fleet, problems),
    listeners,
  };
  return { config, warnings: warningsFor(listeners, fleet) };
}

function revisionOf(document: Document, raw: RawConfig, problems: Problems): string | undefined {
  const report = problems.at(placeOf(document, '/config/revision').value);
  return raw.revision === undefined ? undefined : (checkRevision(raw.revision, '"revision"', report) ?? undefined);
}

/** The three digits for owner, group and others. */
function umaskOf(document: Document, { umask = '022' }: RawConfig, problems: Problems): string {
  const digits = umask.slice(-3);
  if (!digits.startsWith('0') || (umask.length === 4 && !umask.startsWith('0'))) {
    problems.add(placeOf(document, '/config/umask').value, '"umask" must leave the owner everything, as "022" does');
  }
  return digits;
}

function sourceOf(
  document: Document,
  config: RawConfig,
  fleet: readonly Target[],
  problems: Problems,
): string | undefined {
  const layers = [{ value: config, pointer: '/config' }];
  const written = settingOf(document, layers, 'source_dir');
  if (written === undefined) return undefined;
  const report = problems.at(written.value);
  const path = targetPath(written.found, '"source_dir"', baseOf(document, layers, problems), report);
  if (path !== null && fleet.some(({ revisions }) => contains(path, revisions))) {
    report('"source_dir" holds "directories.revisions", and would be copied into itself');
  }
  return path ?? undefined;
}

/** A pattern that matches no target at all is most likely mistyped. */
function warningsFor(listeners: readonly Listener[], fleet: readonly Target[]): readonly string[] {
  return listeners.flatMap((listener) => {
    if (listener.kind !== 'run' || listener.on === undefined || listener.on === 'runner') return [];
    const { on, event, index } = listener;
    if (fleet.some((target) => matchesTarget(on, target))) return [];
    return [`"on" matches no target: listener ${index + 1} of ${event} runs nowhere`];
  });
}
