import { appendFileSync, cpSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../__tests__/rig/program.ts';

/** Packages as a web application would bring them, with exact versions: the same tree on every machine. */
const packages = [
  'typescript@5.9.3',
  'rxjs@7.8.1',
  'date-fns@2.30.0',
  'lodash@4.17.21',
  'three@0.177.0',
  'prettier@3.6.2',
];

/** One tree in the states in which a CI checkout would meet it: every one freshly written, with new file times. */
export interface Material {
  readonly first: string;
  /** 1 % of the files have one more line. */
  readonly changed: string;
  /** The same content as `changed`. */
  readonly same: string;
  /** The same with one large directory under another name. */
  readonly renamed: string;
  readonly files: number;
  readonly bytes: number;
}

export async function prepareMaterial(directory: string): Promise<Material> {
  const first = join(directory, 'first');
  mkdirSync(first);
  writeFileSync(join(first, 'package.json'), '{ "private": true }\n');
  const options = [
    '--ignore-scripts',
    '--omit=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--save-exact',
  ];
  await run('npm', ['install', ...options, ...packages], first);
  const files = filesOf(first);
  const state = (name: string, from: string): string => {
    const path = join(directory, name);
    cpSync(from, path, { recursive: true, verbatimSymlinks: true });
    return path;
  };
  const changed = state('changed', first);
  files
    .filter((_, index) => index % 100 === 50)
    .forEach((file) => appendFileSync(join(changed, file), '\n// changed\n'));
  const same = state('same', changed);
  const renamed = state('renamed', same);
  renameSync(join(renamed, 'node_modules/date-fns/esm'), join(renamed, 'node_modules/date-fns/modules'));
  const bytes = files.reduce((sum, file) => sum + statSync(join(first, file)).size, 0);
  return { first, changed, same, renamed, files: files.length, bytes };
}

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
