import validator from '../generated/validate.cjs';
import { below, type Document, isObject, type JsonObject, placeOf, valueAt, without } from './document.ts';
import type { Problems } from './problems.ts';
import { listenerForms, sentenceFor } from './sentences.ts';

type Fault = validator.ValidationError;

/** Holds a document against the schema. What is wrong goes to `problems`; what comes back is the rest, and it is valid. */
export function validate(document: Document<JsonObject>, problems: Problems): Document<JsonObject> {
  const empty = emptyTexts(document.value);
  const faults = validator(document.value) ? [] : fold(validator.errors ?? [], document.value, empty);
  for (const fault of faults) {
    const unknown = unknownKey(fault);
    const place = placeOf(document, unknown ?? fault.instancePath);
    problems.add(unknown === undefined ? place.value : place.key, sentenceFor(fault));
  }
  return without(document, new Set([...empty, ...faults.map((fault) => unknownKey(fault) ?? refused(fault))]));
}

/** What goes with a fault: a listener is nothing without its command or its path. */
function refused({ instancePath }: Fault): string {
  return instancePath.replace(/^(\/events\/[^/]+\/\d+)\/(run|upload)$/, '$1');
}

function unknownKey({ keyword, instancePath, params }: Fault): string | undefined {
  return keyword === 'additionalProperties' ? below(instancePath, String(params['additionalProperty'])) : undefined;
}

/** Pointers to the empty texts that count as absent. A link's path or a command that is empty is a mistake instead. */
function emptyTexts(value: unknown, pointer = ''): ReadonlySet<string> {
  if (Array.isArray(value)) return join(value.map((entry, index) => emptyTexts(entry, below(pointer, index))));
  if (!isObject(value)) return new Set();
  const inSymlinks = pointer.endsWith('/symlinks');
  return join(
    Object.entries(value).map(([key, member]) => {
      const absent = member === '' && !inSymlinks && key !== 'run' && key !== 'upload';
      return absent ? new Set([below(pointer, key)]) : emptyTexts(member, below(pointer, key));
    }),
  );
}

function join(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

/** One fault per cause: of a listener's forms, only the one that was meant has its say. */
function fold(faults: readonly Fault[], root: JsonObject, empty: ReadonlySet<string>): readonly Fault[] {
  const serious = faults.filter((fault) => fault.keyword === 'additionalProperties' || !empty.has(fault.instancePath));
  const listeners = serious.filter(({ keyword }) => keyword === 'anyOf');
  const folded = listeners.flatMap((listener) => {
    const form = formOf(valueAt(root, listener.instancePath));
    if (form === undefined) return [listener];
    return serious.filter(
      ({ instancePath, schemaPath }) =>
        isAtOrBelow(instancePath, listener.instancePath) && schemaPath.startsWith(`#/definitions/${form}/`),
    );
  });
  const others = serious.filter(
    ({ instancePath }) => !listeners.some((listener) => isAtOrBelow(instancePath, listener.instancePath)),
  );
  return [...others, ...folded];
}

function isAtOrBelow(pointer: string, around: string): boolean {
  return pointer === around || pointer.startsWith(`${around}/`);
}

/** The form of listener that was meant; undefined when that cannot be told. */
function formOf(listener: unknown): string | undefined {
  const named = isObject(listener) ? listenerForms.filter((form) => Object.hasOwn(listener, form)) : [];
  return named.length === 1 ? named[0] : undefined;
}
