import { below, type Document, isObject, type JsonObject, type Written, placeOf, without } from './document.ts';
import type { Problems } from './problems.ts';

/** Lays one document over another: objects merge by key, anything else replaces what was there, arrays too. */
export function overlay(base: Document<JsonObject>, above: Document<JsonObject>): Document<JsonObject> {
  const places = new Map(base.places);
  const lay = (under: unknown, over: unknown, pointer: string): unknown => {
    const place = above.places.get(pointer);
    if (!isObject(under) || !isObject(over)) {
      forget(places, pointer);
      for (const [at, written] of above.places) if (isWithin(at, pointer)) places.set(at, written);
      return over;
    }
    if (place !== undefined && !places.has(pointer)) places.set(pointer, place);
    const merged = new Map(Object.entries(under));
    for (const [key, member] of Object.entries(over)) {
      merged.set(key, lay(merged.get(key), member, below(pointer, key)));
    }
    return Object.fromEntries(merged);
  };
  return { value: lay(base.value, above.value, '') as JsonObject, places };
}

/** The file and, over it, the environment. A fleet in the environment takes the place of the one target of the file. */
export function overrideFile(file: Document<JsonObject>, environment: Document<JsonObject>): Document<JsonObject> {
  const over = environment.value['config'];
  const replaces = isObject(over) && Object.hasOwn(over, 'targets') && !Object.hasOwn(over, 'target');
  if (!replaces) return overlay(file, environment);
  return overlay(without(file, new Set(['/config/target'])), environment);
}

const originals = ['symlinks', 'active_symlink', 'fail_on_symlink_error'];

/** Moves what the original tool had at the top of the file into `config`. To give it in both places is a problem. */
export function gather(file: Document<JsonObject>, problems: Problems): Document<JsonObject> {
  const { config = {}, ...top } = file.value;
  if (!isObject(config)) return file;
  const moved = originals.filter((key) => Object.hasOwn(top, key));
  const places = new Map(file.places);
  for (const key of moved) {
    const from = below('', key);
    if (Object.hasOwn(config, key)) {
      problems.add(placeOf(file, from).key, `"${key}" is given twice: here and in "config"`);
    }
    forget(places, `/config${from}`);
    for (const [at, place] of file.places) if (isWithin(at, from)) places.set(`/config${at}`, place);
  }
  const rest = Object.entries(top).filter(([key]) => !moved.includes(key));
  const gathered = { ...config, ...Object.fromEntries(moved.map((key) => [key, top[key]])) };
  return { value: { ...Object.fromEntries(rest), config: gathered }, places };
}

function forget(places: Map<string, Written>, pointer: string): void {
  for (const at of [...places.keys()]) if (isWithin(at, pointer)) places.delete(at);
}

function isWithin(pointer: string, around: string): boolean {
  return pointer === around || pointer.startsWith(`${around}/`);
}
