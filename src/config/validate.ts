import validator from '../generated/validate.cjs';
import { below, type Document, isObject, type JsonObject, placeOf, valueAt, without } from './document.ts';
import type { Problems } from './problems.ts';
import { listenerForms, sentenceFor, subjectOf } from './sentences.ts';

type Fault = validator.ValidationError;

/** Of more faults than that, the others are not put into words. */
const mostFaults = 1_000;

/** Entries that an array may have; the validator takes quadratic time where each of them is wrong. */
const mostEntries = 10_000;

/** Holds a document against the schema. What is wrong goes to `problems`; what comes back is the rest, and it is valid. */
export function validate(whole: Document<JsonObject>, problems: Problems): Document<JsonObject> {
  const document = without(whole, endless(whole, problems));
  const empty = emptyTexts(document.value);
  const faults = validator(document.value) ? [] : fold(validator.errors ?? [], document.value, empty);
  for (const fault of faults.slice(0, mostFaults)) {
    const unknown = unknownKey(fault);
    const place = placeOf(document, unknown ?? fault.instancePath);
    problems.add(unknown === undefined ? place.value : place.key, sentenceFor(fault));
  }
  return without(document, new Set([...empty, ...faults.map((fault) => unknownKey(fault) ?? refused(fault))]));
}

/** Pointers to the arrays that are longer than any in earnest. */
function endless(document: Document<JsonObject>, problems: Problems): ReadonlySet<string> {
  const { events, config } = document.value;
  const arrays = [
    ...Object.entries(isObject(events) ? events : {}).map(
      ([name, value]) => [below('/events', name), value, 1_000] as const,
    ),
    ['/config/targets', isObject(config) ? config['targets'] : undefined, mostEntries] as const,
  ];
  const found = arrays.filter(([, value, most]) => Array.isArray(value) && value.length > most);
  for (const [pointer, , most] of found) {
    problems.add(placeOf(document, pointer).value, `${subjectOf(pointer)} has more than ${most} entries`);
  }
  return new Set(found.map(([pointer]) => pointer));
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
  const listeners = new Map(
    serious.flatMap((fault) => (fault.keyword === 'anyOf' ? [[fault.instancePath, fault] as const] : [])),
  );
  const forms = new Map([...listeners.keys()].map((pointer) => [pointer, formOf(valueAt(root, pointer))]));
  return serious.filter((fault) => {
    const pointer = listenerAround(fault.instancePath);
    if (!listeners.has(pointer)) return true;
    const form = forms.get(pointer);
    return form === undefined
      ? fault === listeners.get(pointer)
      : fault.schemaPath.startsWith(`#/definitions/${form}/`);
  });
}

/** The pointer to the listener that something belongs to; any other pointer as it is. */
function listenerAround(pointer: string): string {
  return /^\/events\/[^/]+\/\d+/.exec(pointer)?.[0] ?? pointer;
}

/** The form of listener that was meant; undefined when that cannot be told. */
function formOf(listener: unknown): string | undefined {
  const named = isObject(listener) ? listenerForms.filter((form) => Object.hasOwn(listener, form)) : [];
  return named.length === 1 ? named[0] : undefined;
}
