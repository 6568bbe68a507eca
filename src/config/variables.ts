import { eventNames } from './events.ts';
import { nearest } from './nearest.ts';
import { follow, memberOf, namesOf, schema, type Schema } from './schema.ts';

/** What a variable sets, as the names on the way to it. */
interface Setting {
  readonly names: readonly string[];
  readonly schema: Schema;
}

/** A name that fits nothing. It is a mistake if it was meant for Shipper; else the user may own it. */
interface Unknown {
  readonly isMistake: boolean;
  readonly sentence: string;
}

const config = memberOf(schema, 'config') ?? {};
const target = memberOf(config, 'target') ?? {};

/** Every name that has a place of its own, as a variable spells it, `SHIP_` left out. */
const spellings = [
  ...['config', 'events', ...namesOf(config)],
  ...namesOf(target).map((name) => `target__${name}`),
  ...eventNames.map((name) => `events__${name}`),
  'directories__revisions',
];

/** Finds what a variable sets by its name after `SHIP_`. The names of directories and symlinks become lower case. */
export function findVariable(spelling: string): Setting | Unknown {
  const lower = spelling.toLowerCase();
  const levels = lower.split('__').filter((level) => level !== '');
  const [first = ''] = levels;
  if (first === '') return { isMistake: false, sentence: 'names nothing and is ignored' };
  const names = first === 'events' ? levels.map(eventName) : first === 'config' ? levels : ['config', ...levels];
  let part: Schema | undefined = schema;
  for (const [index, name] of names.entries()) {
    const around: Schema = part;
    part = memberOf(around, name);
    if (part !== undefined) continue;
    if (follow(around).type === 'array') {
      const sentence = `fits nothing: "${names[index - 1] ?? ''}" is set as a whole, as a JSON array`;
      return { isMistake: true, sentence };
    }
    return unknown(lower, first === 'config' || first === 'events' || index > 1);
  }
  return { names, schema: part };
}

/** Shells have no `:` in names, so `SHIP_EVENTS__AFTER_CREATE_REVISION` will do. */
function eventName(level: string): string {
  return eventNames.find((name) => name.replace(':', '_') === level) ?? level;
}

function unknown(lower: string, isForShipper: boolean): Unknown {
  const explicit = lower.startsWith('config__') ? 'config__' : '';
  const near = nearest(lower.slice(explicit.length), spellings);
  const isMistake = isForShipper || near !== undefined;
  if (near !== undefined) {
    const meant = `SHIP_${explicit}${near}`.toUpperCase().replace(':', '_');
    return { isMistake, sentence: `fits nothing in the config: did you mean ${meant}?` };
  }
  const owner = namesOf(target).includes(lower) ? `: did you mean SHIP_TARGET__${lower.toUpperCase()}?` : '';
  return { isMistake, sentence: `fits nothing in the config${isMistake ? '' : ' and is ignored'}${owner}` };
}
