import { below, type Document, isObject, type JsonObject, type Written } from './document.ts';
import { overlay } from './merge.ts';
import { parseJson } from './parse.ts';
import type { Problems } from './problems.ts';
import { follow, type Schema } from './schema.ts';
import { findVariable } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

interface Override {
  readonly variable: string;
  readonly pointer: string;
  readonly document: Document<JsonObject>;
  readonly text: string;
}

const prefix = /^SHIP_+/i;

/**
 * Reads every variable that begins with `SHIP_`. A deeper one goes over a shallower one (`SHIP_BASE_DIR` over
 * `SHIP_CONFIG`). Values are converted to what the schema asks for, and never printed. `listening`: those that bring listeners.
 */
export function readEnvironment(
  environment: Environment,
  problems: Problems,
): { document: Document<JsonObject>; warnings: readonly string[]; listening: readonly string[] } {
  const warnings: string[] = [];
  const overrides: Override[] = [];
  for (const [variable, text = ''] of Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!prefix.test(variable) || text.trim() === '') continue;
    const found = findVariable(variable.replace(prefix, ''));
    if ('names' in found) {
      const document = convert(variable, text, found.names, found.schema, problems);
      if (document !== null) {
        const pointer = found.names.reduce(below, '');
        overrides.push({ variable, text, pointer, document });
      }
    } else if (found.isMistake) problems.add({ variable }, found.sentence);
    else warnings.push(`${variable}: ${found.sentence}`);
  }
  refuseContradictions(overrides, problems);
  const depth = ({ pointer }: Override): number => pointer.split('/').length;
  const ordered = overrides.sort((a, b) => depth(a) - depth(b));
  const empty: Document<JsonObject> = { value: {}, places: new Map() };
  const listening = overrides.filter(({ pointer }) => pointer.startsWith('/events')).map(({ variable }) => variable);
  return { document: ordered.reduce((merged, { document }) => overlay(merged, document), empty), warnings, listening };
}

function refuseContradictions(overrides: readonly Override[], problems: Problems): void {
  const first = new Map<string, Override>();
  for (const override of overrides) {
    const other = first.get(override.pointer);
    if (other === undefined) first.set(override.pointer, override);
    else if (other.text !== override.text) {
      problems.add({ variable: override.variable }, `contradicts ${other.variable}, which sets the same: unset one`);
    }
  }
}

/** A document that holds nothing but the one value. */
function convert(
  variable: string,
  text: string,
  names: readonly string[],
  schema: Schema,
  problems: Problems,
): Document<JsonObject> | null {
  const origin = { variable };
  const pointer = names.reduce(below, '');
  const read = readValue(variable, text, names, schema, problems);
  if (read === null) return null;
  const places = new Map<string, Written>();
  names.forEach((_, depth) => places.set(names.slice(0, depth).reduce(below, ''), { key: origin, value: origin }));
  for (const [at, place] of read.places) places.set(`${pointer}${at}`, place);
  const value = names.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), read.value);
  return isObject(value) ? { value, places } : null;
}

const words: Readonly<Record<string, boolean>> = { true: true, yes: true, 1: true, false: false, no: false, 0: false };

function readValue(
  variable: string,
  text: string,
  names: readonly string[],
  part: Schema,
  problems: Problems,
): Document | null {
  const origin = { variable };
  const single = (value: unknown): Document => ({ value, places: new Map([['', { key: origin, value: origin }]]) });
  const [type = 'string'] = [follow(part).type].flat(); // What may be of two types is in an array, set as a whole.
  switch (type) {
    case 'string':
      return single(text);
    case 'integer':
    case 'number':
      return /^[-+]?\d{1,15}$/.test(text.trim())
        ? single(Number(text))
        : problems.add(origin, 'must be a whole number');
    case 'boolean': {
      const word = text.trim().toLowerCase();
      const value = Object.hasOwn(words, word) ? words[word] : undefined;
      return value === undefined ? problems.add(origin, 'must be true or false (or yes, no, 1, 0)') : single(value);
    }
    case 'object':
    case 'array': {
      const document = parseJson(text, () => origin, problems);
      const fits = !('sentence' in document) && (type === 'array' ? Array.isArray : isObject)(document.value);
      if (fits) return document;
      const hint = names.join() === 'config' ? ': to name the config file, use the input "config"' : '';
      return problems.add(origin, `must be a JSON ${type}${hint}`);
    }
  }
}
