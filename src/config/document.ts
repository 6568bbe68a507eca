import type { Origin } from './problems.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Who wrote a value, and the key before it. */
export interface Written {
  readonly key: Origin;
  readonly value: Origin;
}

/** A piece of JSON that knows, by JSON pointer, where each of its values came from. */
export interface Document<Value = unknown> {
  readonly value: Value;
  readonly places: ReadonlyMap<string, Written>;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON pointer of a member or an entry. */
export function below(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The names on the way to what a JSON pointer points to. */
export function namesIn(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Where a value came from; for one that is not there, where the nearest value around it did. */
export function placeOf(document: Document, pointer: string): Written {
  let around = pointer;
  for (;;) {
    const place = document.places.get(around);
    if (place !== undefined) return place;
    if (around === '') throw new Error('A document has a place for its root.');
    around = around.slice(0, around.lastIndexOf('/'));
  }
}

/** What stands at a JSON pointer; undefined if nothing does. */
export function valueAt(value: unknown, pointer: string): unknown {
  return namesIn(pointer).reduce<unknown>((around, name) => {
    if (Array.isArray(around)) return around[Number(name)];
    return isObject(around) && Object.hasOwn(around, name) ? around[name] : undefined;
  }, value);
}

/** A document without the values at these pointers. An entry of an array leaves a hole, so that the others keep their places. */
export function without(document: Document<JsonObject>, pointers: ReadonlySet<string>): Document<JsonObject> {
  const strip = (value: unknown, pointer: string): unknown => {
    if (Array.isArray(value)) {
      return value.map((entry, index) => {
        const at = below(pointer, index);
        return pointers.has(at) ? undefined : strip(entry, at);
      });
    }
    if (!isObject(value)) return value;
    const kept = Object.entries(value).filter(([key]) => !pointers.has(below(pointer, key)));
    return Object.fromEntries(kept.map(([key, member]) => [key, strip(member, below(pointer, key))]));
  };
  const value = pointers.has('') ? {} : strip(document.value, '');
  return { value: isObject(value) ? value : {}, places: document.places };
}
