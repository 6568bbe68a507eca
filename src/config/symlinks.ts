import type { Symlink } from './config.ts';
import type { Document } from './document.ts';
import { entriesOf, type Layer } from './layers.ts';
import { innerPath, targetPath } from './paths.ts';
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
  const paths = new Set<string>();
  const around = new Set<string>();
  for (const [written, link] of entriesOf(document, layers, 'symlinks')) {
    const report = problems.at(link.value);
    const source = targetPath(written, 'the source of a symlink', base, problems.at(link.key));
    const path = innerPath(link.found, "a symlink's path", 'the revision', report);
    if (path === null) continue;
    const parents = parentsOf(path);
    const overlaps = paths.has(path) || around.has(path) || parents.some((parent) => paths.has(parent));
    if (path === '.') report("a symlink's path must be below the revision, not the revision itself");
    else if (overlaps) report("a symlink's path is, is in or contains that of another one");
    else {
      symlinks.push({ source: source ?? written, path });
      paths.add(path);
      for (const parent of parents) around.add(parent);
    }
  }
  return symlinks;
}

/** `a` and `a/b` of `a/b/c`. */
function parentsOf(path: string): readonly string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}
