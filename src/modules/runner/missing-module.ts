import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import type { ModuleListener } from '../../config/config.ts';
import { nearest } from '../../config/nearest.ts';

const runnable = /(?<!\.d)\.(?:ts|mts|js|mjs|cjs)$/;
const almost = /\.(?:tsx|jsx|cts|d\.ts)$/;

/** What there is instead of a missing module's file, as a sentence with a leading space; or nothing. */
export function hintAtMissing(listener: ModuleListener, workspace: string): string {
  const base = join(workspace, listener.module);
  const parent = dirname(base);
  const hint = existsSync(parent)
    ? (hintInDirectory(listener, workspace, readdirSync(parent)) ?? hintBesideConfig(listener, workspace))
    : (hintBesideConfig(listener, workspace) ?? hintAtParent(parent, workspace));
  return hint === undefined ? '' : ` ${hint}`;
}

function hintInDirectory(listener: ModuleListener, workspace: string, names: readonly string[]): string | undefined {
  const base = join(workspace, listener.module);
  const name = basename(base);
  const parent = dirname(listener.module);
  const beside = (other: string): string => join(parent, other);
  const other = names.find((entry) => almost.test(entry) && entry.replace(almost, '') === name);
  if (other !== undefined) {
    return `${beside(other)} exists, but Node does not run this kind of file; rename it to ${beside(name)}.ts.`;
  }
  if (isDirectory(base)) {
    const inside = readdirSync(base).find((entry) => runnable.test(entry));
    const example = inside === undefined ? '' : `, such as "${refer(listener, join(listener.module, inside))}"`;
    return `${listener.module} is a directory; name a file in it${example}.`;
  }
  const files = names.filter((entry) => runnable.test(entry));
  const like = nearest(name, files.map(stem));
  const file = files.find((entry) => stem(entry) === like);
  return file === undefined
    ? undefined
    : `${beside(file)} exists; did you mean "${refer(listener, join(parent, file))}"?`;
}

/** References count from the workspace, while authors of a config in a directory may count from there. */
function hintBesideConfig(listener: ModuleListener, workspace: string): string | undefined {
  const origin = dirname(listener.at?.file ?? '.');
  const directory = join(workspace, origin, dirname(listener.module));
  if (origin === '.' || !isDirectory(directory)) return undefined;
  const name = basename(listener.module);
  const file = readdirSync(directory).find((entry) => runnable.test(entry) && stem(entry) === name);
  if (file === undefined) return undefined;
  const path = relative(workspace, join(directory, file));
  return `${path} exists, and references count from the workspace: write "${refer(listener, path)}".`;
}

function hintAtParent(parent: string, workspace: string): string {
  let missing = parent;
  while (!existsSync(dirname(missing))) missing = dirname(missing);
  const directories = readdirSync(dirname(missing), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = directories.map((entry) => entry.name);
  const like = nearest(basename(missing), names);
  const instead = like === undefined ? '' : `; ${relative(workspace, join(dirname(missing), like))} does`;
  return `The directory ${relative(workspace, missing)} does not exist${instead}.`;
}

function refer(listener: ModuleListener, path: string): string {
  const module = join(dirname(path), stem(basename(path)));
  return [...module.split(/[\\/]/), listener.className, listener.method].join('.');
}

function stem(file: string): string {
  return file.slice(0, file.length - extname(file).length);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
