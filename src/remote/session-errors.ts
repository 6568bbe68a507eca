import type { ShipperError } from '../errors.ts';
import type { Fact } from './frame.ts';
import { reachedLimit } from './start-failure.ts';
import { failureOn } from './work.ts';

/** The script went away without its answer. `said`: what it last printed on stderr. */
export function lostTarget(name: string, said: string, step: string | undefined): ShipperError {
  const reason = said === '' ? '' : ` (the target said: ${said})`;
  const limit = reachedLimit(said);
  const what = limit === undefined ? 'the connection was lost' : `the target's shell ended: ${limit}`;
  return failureOn(name, 'CONNECT', `${what}${reason}; the target puts back by itself`, step);
}

/** The fact; where it is an error for which a limit of the account is to blame, by what stderr said, with that limit. */
export function explained(fact: Fact, said: string): Fact {
  const [code = '', step = '', sentence = ''] = fact.values;
  const limit = fact.kind === 'error' ? reachedLimit(said) : undefined;
  return limit === undefined ? fact : { kind: fact.kind, values: [code, step, `${sentence}; ${limit}`] };
}
