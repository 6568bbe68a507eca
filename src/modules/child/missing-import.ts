import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { relativeTo } from './describe-failure.ts';

const endings = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'];

/** What Node could not find, who imports it, and how it should be imported instead. */
export function explainMissingImport(error: Error, module: string, workspace: string): string {
  const first = error.message.split('\n', 1)[0] ?? '';
  const wanted = /'([^']+)'/.exec(first)?.[1] ?? first;
  const importer = importerOf(error.message) ?? module;
  const by = relativeTo(workspace, importer) ?? importer;
  if (!isAbsolute(wanted) && !wanted.startsWith('.') && !wanted.startsWith('file:')) {
    return `${by} imports the package "${wanted}", which is not installed. Install it in a step before Shipper, such as "run: npm ci". (Node does not read "paths" of tsconfig.json.)`;
  }
  const target = pathOf(wanted, importer);
  const written = specifier(target, importer);
  const existing = insteadOf(target);
  return existing === undefined
    ? `${by} imports "${written}", which does not exist.`
    : `${by} imports "${written}"; Node needs the whole file name: write "${specifier(existing, importer)}".`;
}

function importerOf(message: string): string | undefined {
  return /imported from (.+)$/m.exec(message)?.[1] ?? /^- (.+)$/m.exec(message)?.[1];
}

function pathOf(wanted: string, importer: string): string {
  return wanted.startsWith('file:') ? fileURLToPath(wanted) : resolve(dirname(importer), wanted);
}

/** The file that was probably meant: with an extension, with TypeScript's own one, or the index of a directory. */
function insteadOf(target: string): string | undefined {
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === true) {
    return endings.map((ending) => join(target, `index${ending}`)).find((path) => existsSync(path));
  }
  const compiled = /\.([mc]?)js$/;
  const source = target.replace(compiled, '.$1ts');
  return [source, ...endings.map((ending) => target + ending)].find((path) => path !== target && existsSync(path));
}

function specifier(path: string, importer: string): string {
  const way = relative(dirname(importer), path).replaceAll('\\', '/');
  return way.startsWith('.') ? way : `./${way}`;
}
