import { didYouMean, nearest } from '../config/nearest.ts';
import { type Problem, ShipperError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type InputName, inputNames, isInputName } from './input-table.ts';

/** The runner sets every input: where some are not there, a dry run could turn into a deploy. */
export function incomplete(dropped: readonly InputName[]): ShipperError {
  const names = dropped.map((name) => `"${name}"`).join(', ');
  return new ShipperError(
    'INPUT',
    `The runner sets every input of the action, but ${names} did not arrive, and so nothing was done: what starts Shipper must not ` +
      'be a shell that drops variables with a hyphen in their names, as dash does. Start it by `uses:`, or from a terminal with flags (--help).',
  );
}

/** The problem of a name that is nearly that of an input; of any other, a warning tells. */
export function unknownInput(name: string, value: string, log: Log): readonly Problem[] {
  if (isInputName(name)) return [];
  if (nearest(name, inputNames) !== undefined) {
    return [{ message: `There is no input "${name}"${didYouMean(name, inputNames)}` }];
  }
  if (value !== '') log.warning(`There is no input "${name}"; it is ignored. Known are: ${inputNames.join(', ')}.`);
  return [];
}
