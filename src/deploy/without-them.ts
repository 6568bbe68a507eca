import { ShipperError } from '../errors.ts';
import type { Site } from './site.ts';

/** Where some targets of a fleet cannot be reached, the message names the way on without them. */
export function withoutThem(error: unknown, sites: readonly Site[]): unknown {
  const down = sites.filter(({ connection, failure }) => connection === undefined && failure !== undefined);
  if (!(error instanceof ShipperError) || error.code === 'CANCELLED') return error;
  if (down.length === 0 || down.length === sites.length) return error;
  const pattern = ['*', ...down.map(({ target }) => `!${target.name}`)].join(',');
  const what = `${error.message} No target was changed. To go on without ${down.length === 1 ? 'it' : 'them'}, give the input host: '${pattern}'`;
  const { code, target, step } = error;
  return new ShipperError(code, what, { target, step, cause: error });
}
