import { readFileSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { type Position, ShipperError } from '../errors.ts';
import { findInWorkspace } from '../workspace.ts';
import { type Document, isObject, type JsonObject } from './document.ts';
import { parseJson } from './parse.ts';
import type { Problems } from './problems.ts';
import { isBlank } from './syntax.ts';

const smallest = 'the smallest config is {"config": {"base_dir": "/var/www"}}';

/** Reads the config file. Throws CONFIG when it cannot be read at all; what is wrong inside goes to `problems`. */
export function readConfig(workspace: string, file: string, problems: Problems): Document<JsonObject> {
  const path = resolve(workspace, file);
  const name = relative(resolve(workspace), path).split(sep).join('/');
  const at = (line: number, column: number): Position => ({ file: name, line, column });
  const text = decode(load(workspace, path, name), at(1, 1));
  const empty = { value: {}, places: new Map([['', { key: { at: at(1, 1) }, value: { at: at(1, 1) } }]]) };
  if (isBlank(text)) {
    problems.add({ at: at(1, 1) }, `the config is empty: ${smallest}`);
    return empty;
  }
  const document = parseJson(text, ({ line, column }) => ({ at: at(line, column) }), problems);
  if ('sentence' in document) {
    problems.add({ at: at(document.spot.line, document.spot.column) }, document.sentence);
    return empty;
  }
  const { value, places } = document;
  if (isObject(value)) return { value, places };
  problems.add(places.get('')?.value ?? { at: at(1, 1) }, `the config must be an object: ${smallest}`);
  return empty;
}

function load(workspace: string, path: string, name: string): Uint8Array {
  const found = findInWorkspace(workspace, path);
  if ('problem' in found) {
    const { problem, missing = false, cause } = found;
    const what = missing
      ? `There is no config "${name}" (looked for ${path}): was the repository checked out? If it is new, ${smallest}.`
      : `The config "${name}" ${problem}.`;
    throw new ShipperError('CONFIG', what, { cause });
  }
  try {
    return readFileSync(found.path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new ShipperError('CONFIG', `The config "${name}" cannot be read (${code}, looked for ${path}).`, { cause });
  }
}

function decode(bytes: Uint8Array, at: Position): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ShipperError('CONFIG', 'the config is not UTF-8 text', { at, cause });
  }
}
