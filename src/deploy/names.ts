import type { Command } from '../config/events.ts';
import { ShipperError } from '../errors.ts';
import type { RunLog } from '../log.ts';
import type { RunFacts } from '../remote/setup.ts';
import type { Fleet } from './fleet.ts';
import type { Site } from './site.ts';
import type { Work } from './timeline.ts';

/** The targets that speak for the fleet: those that something is done on, if there are any. */
function speakers(fleet: Fleet): readonly Site[] {
  const changing = fleet.select('working');
  return changing.length > 0 ? changing : fleet.sites;
}

/** Name of the revision being made or switched to, as the first target that knows it tells. */
export function revisionOf(fleet: Fleet): string | undefined {
  return speakers(fleet).find(({ revision }) => revision !== undefined)?.revision;
}

/** Name of the revision that was active before, as the first target that had one tells. */
export function previousOf(fleet: Fleet): string | undefined {
  return speakers(fleet).find(({ previous }) => previous !== undefined)?.previous;
}

/** Where the active symlink led before, outside of `revisions`, as the first target whose link did tells. */
export function outsideOf(fleet: Fleet): string | undefined {
  return speakers(fleet).find(({ state }) => (state.outside ?? '') !== '')?.state.outside;
}

/** What the new revision is called on all targets: a name that was taken somewhere is longer by its ending. */
export function nameOnAll(sites: readonly Site[], asked: string): string {
  const names = sites.map(({ revision }) => revision ?? asked);
  return names.reduce((longest, name) => (name.length > longest.length ? name : longest));
}

/** Where a name was taken on some targets only, the others create theirs anew, by the name that it got there. */
export async function makeAlike(fleet: Fleet, facts: RunFacts, work: readonly Work[]): Promise<void> {
  const name = nameOnAll(fleet.sites, facts.revision);
  const differing = (): readonly Site[] => fleet.select('working').filter(({ revision }) => revision !== name);
  const again = work.slice(work.indexOf('create_revision'));
  if (differing().length > 0) await fleet.perform(differing(), ['discard', ...again], false, name);
  const [other] = differing();
  if (other === undefined) return;
  throw new ShipperError(
    'TARGET',
    `${other.target.name}, create_revision: revision ${name} exists already there, but not on all targets: choose another name`,
    { target: other.target.name, step: 'create_revision' },
  );
}

/** A rollback without a name goes, on each target, to the one before its own. */
export function tellDifferences(sites: readonly Site[], log: RunLog): void {
  if (new Set(sites.map(({ revision }) => revision)).size < 2) return;
  const each = sites.map(({ target, revision }) => `${target.name} to ${revision ?? 'none'}`);
  log.warning(`the targets go to different revisions: ${shortened(each)}`);
}

/** A fleet of which one target missed a deploy, say, is put right by this one. */
export function tellUnlike(sites: readonly Site[], command: Command, log: RunLog): void {
  const names = sites.map(({ previous }) => previous ?? 'none');
  if (command === 'rollback' || command === 'prepare' || new Set(names).size < 2) return;
  const each = sites.map(({ target }, index) => `${target.name} on ${names[index] ?? 'none'}`);
  log.notice(`the targets are not on the same revision, and will be after this ${command}: ${shortened(each)}`);
}

function shortened(parts: readonly string[]): string {
  return parts.length <= 10 ? parts.join(', ') : `${parts.slice(0, 10).join(', ')} and ${parts.length - 10} more`;
}
