import { below, type Document, type Written, placeOf } from './document.ts';

/** A part of the document that may say something; of several, the first that does has the say. */
export interface Layer<Value extends object> {
  readonly value: Value;
  readonly pointer: string;
}

/** A value, with where it was written. */
export interface Found<Value> extends Written {
  readonly found: Value;
}

/** Reads one setting from the first layer that has it. */
export function settingOf<Value extends object, Key extends keyof Value & string>(
  document: Document,
  layers: readonly Layer<Value>[],
  key: Key,
): Found<NonNullable<Value[Key]>> | undefined {
  for (const { value, pointer } of layers) {
    const found = value[key];
    if (found !== undefined && found !== null) return { found, ...placeOf(document, below(pointer, key)) };
  }
  return undefined;
}

/** Merges the named entries of one setting over all layers; each name is taken from the first layer that has it. */
export function entriesOf<Key extends string>(
  document: Document,
  layers: readonly Layer<Partial<Record<Key, Readonly<Record<string, string>>>>>[],
  key: Key,
): ReadonlyMap<string, Found<string>> {
  const entries = new Map<string, Found<string>>();
  for (const { value, pointer } of [...layers].reverse()) {
    for (const [name, found] of Object.entries(value[key] ?? {})) {
      entries.set(name, { found, ...placeOf(document, below(below(pointer, key), name)) });
    }
  }
  return entries;
}
