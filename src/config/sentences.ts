import type validator from '../generated/validate.d.cts';
import { namesIn } from './document.ts';
import { didYouMean } from './nearest.ts';
import { memberOf, namesOf, schema, type Schema } from './schema.ts';

export const listenerForms = ['run', 'upload'];

const typeNames: Readonly<Record<string, string>> = {
  object: 'an object { … }',
  array: 'an array [ … ]',
  string: 'a text in double quotes',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

const typeName = (type: unknown): string => typeNames[String(type)] ?? String(type);

/** What the patterns of the schema ask for. */
const forms: Readonly<Record<string, string>> = {
  '^[0-7]{3,4}$': 'three or four octal digits, such as "022"',
  '^(100|[0-9]{1,2})%$': 'a number of targets, or a part of the fleet such as "25%"',
};

/** What a fault of the schema means, in one sentence that contains no value. */
export function sentenceFor({ keyword, instancePath, params, parentSchema }: validator.ValidationError): string {
  const part: Schema = parentSchema;
  const name = subjectOf(instancePath);
  switch (keyword) {
    case 'additionalProperties':
      return unknown(String(params['additionalProperty']), namesIn(instancePath), part);
    case 'type':
      return `${name} must be ${[params['type']].flat().map(typeName).join(' or ')}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
      return `${name} must be ${part.minimum === undefined ? 'more than 0, at most' : `from ${part.minimum} to`} ${part.maximum ?? ''}`;
    case 'pattern':
      return `${name} must be ${forms[String(params['pattern'])] ?? 'written in another way'}`;
    case 'minLength':
      return `${name} must not be empty`;
    case 'minItems':
      return `${name} must have at least one entry`;
    default:
      return `${name} must be "module.path.Class.method", { "run": … } or { "upload": … }`;
  }
}

/** What a sentence calls the thing at a JSON pointer. */
export function subjectOf(pointer: string): string {
  const names = namesIn(pointer);
  const last = names.at(-1) ?? '';
  return /^\d+$/.test(last) ? `entry ${Number(last) + 1} of "${names.at(-2) ?? ''}"` : `"${last}"`;
}

function unknown(key: string, around: readonly string[], part: Schema): string {
  const known = namesOf(part);
  const what = around.at(-1) === 'events' ? 'event' : 'key';
  return `unknown ${what} "${key}"${elsewhere(key) || didYouMean(key, known)}`;
}

/** Where a key belongs that is known, but not here. */
function elsewhere(key: string): string {
  const config = memberOf(schema, 'config');
  const target = config && memberOf(config, 'target');
  if (namesOf(config).includes(key)) return ': it belongs in "config"';
  if (namesOf(target).includes(key)) return ': it belongs in "target"';
  if (namesOf(schema).includes(key)) return ': it belongs at the top of the file';
  return '';
}
