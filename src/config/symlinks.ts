import type { Symlink } from './config.ts';
import type { Document } from './document.ts';
import { entriesOf, type Layer } from './layers.ts';
import { contains, innerPath, targetPath } from './paths.ts';
import type { Problems } from './problems.ts';
import type { RawStructure } from './raw.ts';

/** The symlinks that these layers give, their sources absolute and no path in or over another one's. */
export function symlinksOf(
  document: Document,
  layers: readonly Layer<RawStructure>[],
  base: string | undefined,
  problems: Problems,
): readonly Symlink[] {
  const symlinks: Symlink[] = [];
  for (const [written, link] of entriesOf(document, layers, 'symlinks')) {
    const report = problems.at(link.value);
    const source = targetPath(written, 'the source of a symlink', base, problems.at(link.key));
    const path = innerPath(link.found, "a symlink's path", 'the revision', report);
    if (path === null) continue;
    const other = symlinks.find((known) => contains(known.path, path) || contains(path, known.path));
    if (path === '.') report("a symlink's path must be below the revision, not the revision itself");
    else if (other !== undefined) report("a symlink's path is, is in or contains that of another one");
    else symlinks.push({ source: source ?? written, path });
  }
  return symlinks;
}
