import { posix } from 'node:path';
import type { Target } from './config.ts';
import { type Document, placeOf } from './document.ts';
import { entriesOf, type Found, type Layer, settingOf } from './layers.ts';
import { contains, isRefused, refuseSystemChild, targetPath } from './paths.ts';
import type { Problems } from './problems.ts';
import type { RawStructure } from './raw.ts';
import { symlinksOf } from './symlinks.ts';

export type Structure = Pick<Target, 'activeSymlink' | 'revisions' | 'directories' | 'symlinks'>;

/** Stands in for a base directory that is given but wrong, so that what starts from it is checked all the same. */
const anyBase = '/srv/base_dir';

/** The base directory that these layers give, absolute; undefined if they give none. */
export function baseOf(
  document: Document,
  layers: readonly Layer<RawStructure>[],
  problems: Problems,
): string | undefined {
  const written = settingOf(document, layers, 'base_dir');
  if (written === undefined) return undefined;
  const report = problems.at(written.value);
  if (!posix.isAbsolute(written.found) && !written.found.startsWith('~')) {
    report('"base_dir" must be an absolute path');
    return anyBase;
  }
  const base = targetPath(written.found, '"base_dir"', undefined, report);
  return base === null || isRefused(base, '"base_dir"', report) ? anyBase : base;
}

/** Resolves and checks what Shipper maintains on one target; undefined if the places that it needs are not all known. */
export function structureOf(
  document: Document,
  layers: readonly Layer<RawStructure>[],
  problems: Problems,
): Structure | undefined {
  const base = baseOf(document, layers, problems);
  const directories = entriesOf(document, layers, 'directories');
  const resolve = (
    written: Found<string> | undefined,
    subject: string,
    fallback: string,
  ): Found<string> | undefined => {
    if (written === undefined && base === undefined) return undefined;
    if (written === undefined) return { ...placeOf(document, '/config'), found: `${base}/${fallback}` };
    const path = targetPath(written.found, subject, base, problems.at(written.value));
    return path === null ? undefined : { ...written, found: path };
  };
  const active = settingOf(document, layers, 'active_symlink');
  const link = resolve(active, '"active_symlink"', 'current');
  const revisions = resolve(directories.get('revisions'), '"directories.revisions"', 'revisions');
  const others = [...directories]
    .filter(([name]) => name !== 'revisions')
    .map(([name, written]) => ({ name, place: resolve(written, `"directories.${name}"`, name) }));
  const symlinks = symlinksOf(document, layers, base, problems);
  if (base === undefined) refuseAbsence(document, { active, revisions: directories.get('revisions') }, problems);
  if (link === undefined || revisions === undefined) return undefined;

  checkPlaces(link, revisions, problems);
  for (const other of others) checkDirectory(other, link.found, revisions.found, problems);
  const created = [revisions, ...others.map(({ place }) => place)].flatMap((place) => place?.found ?? []);
  return { activeSymlink: link.found, revisions: revisions.found, directories: [...new Set(created)], symlinks };
}

function checkPlaces(link: Found<string>, revisions: Found<string>, problems: Problems): void {
  const reportLink = problems.at(link.value);
  const reportRevisions = problems.at(revisions.value);
  refuseSystemChild(link.found, '"active_symlink"', reportLink);
  if (!isRefused(revisions.found, '"directories.revisions"', reportRevisions)) {
    refuseSystemChild(revisions.found, '"directories.revisions"', reportRevisions);
  }
  if (contains(revisions.found, link.found)) {
    reportLink('"active_symlink" must not be or be in "directories.revisions"');
  } else if (contains(link.found, revisions.found)) {
    reportRevisions('"directories.revisions" must not be in the active symlink');
  }
}

function checkDirectory(
  { name, place }: { readonly name: string; readonly place: Found<string> | undefined },
  link: string,
  revisions: string,
  problems: Problems,
): void {
  if (place === undefined) return;
  const report = problems.at(place.value);
  const subject = `"directories.${name}"`;
  if (!isRefused(place.found, subject, report)) refuseSystemChild(place.found, subject, report);
  if (contains(link, place.found)) report(`${subject} is or is in the active symlink, which is no directory`);
  if (place.found !== revisions && contains(revisions, place.found)) {
    report(`${subject} is in "directories.revisions", which is for revisions alone`);
  }
}

function refuseAbsence(
  document: Document,
  needed: { readonly active: unknown; readonly revisions: unknown },
  problems: Problems,
): void {
  const missing = [
    ...(needed.active === undefined ? ['"active_symlink"'] : []),
    ...(needed.revisions === undefined ? ['"directories.revisions"'] : []),
  ];
  if (missing.length === 0) return;
  const sentence = `"config" needs a "base_dir", or an absolute path in ${missing.join(' and in ')}`;
  problems.absent('CONFIG', sentence, placeOf(document, '/config').value);
}
