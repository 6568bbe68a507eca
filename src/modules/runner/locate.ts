import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { ModuleListener } from '../../config/config.ts';
import type { LoadProblem, LocatedMethod } from '../messages.ts';
import { findInWorkspace, nameInWorkspace } from '../../workspace.ts';
import { hintAtMissing } from './missing-module.ts';

export const extensions = ['.ts', '.mts', '.js', '.mjs', '.cjs'] as const;

export interface Located {
  readonly methods: readonly LocatedMethod[];
  readonly problems: readonly LoadProblem[];
}

/**
 * Finds the file of every listener below the workspace (absolute, free of symlinks). A module that several listeners
 * name is one problem, at the first of them.
 */
export function locateModules(listeners: readonly ModuleListener[], workspace: string): Located {
  const found = new Map<string, ReturnType<typeof locateModule>>();
  const methods: LocatedMethod[] = [];
  const problems: LoadProblem[] = [];
  for (const [index, listener] of listeners.entries()) {
    const known = found.get(listener.module);
    const outcome = known ?? locateModule(listener, workspace);
    found.set(listener.module, outcome);
    if ('path' in outcome) {
      const { reference, className, method } = listener;
      methods.push({ listener: index, reference, path: outcome.path, className, method });
    } else if (known === undefined) {
      problems.push({ listener: index, message: `${listener.reference}: ${outcome.problem}` });
    }
  }
  return { methods, problems };
}

function locateModule(
  listener: ModuleListener,
  workspace: string,
): { readonly path: string } | { readonly problem: string } {
  const { module } = listener;
  const base = resolve(workspace, module);
  if (nameInWorkspace(workspace, base) === undefined) {
    return { problem: `the module ${module} is outside the workspace: move it into the workspace, or copy it there.` };
  }
  const candidates = extensions.map((extension) => base + extension).filter(isFile);
  const [candidate, second] = candidates;
  if (candidate === undefined) {
    const looked = `${module}.{${extensions.map((extension) => extension.slice(1)).join(',')}}`;
    return { problem: `there is no file ${looked} in the workspace.${hintAtMissing(listener, workspace)}` };
  }
  if (second !== undefined) {
    const names = candidates.map((path) => relative(workspace, path)).join(' and ');
    return { problem: `${names} both exist; remove or rename one of them, so that it is clear which to load.` };
  }
  const found = findInWorkspace(workspace, candidate);
  if ('path' in found) return { path: found.path };
  return { problem: `${relative(workspace, candidate)} ${found.problem}.` };
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
