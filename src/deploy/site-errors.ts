import { ShipperError } from '../errors.ts';
import type { Fact } from '../remote/frame.ts';
import type { Work } from './timeline.ts';

/** A target whose connection is alive, and which says nothing. */
export function silentTarget(target: string, work: Work, seconds: number): ShipperError {
  return new ShipperError(
    'TARGET',
    `${target}, ${work}: the target said nothing for ${seconds} seconds, though its connection is alive. ` +
      'See on the server what hangs: a network file system that is gone, or a disk that fails',
    { target, step: work },
  );
}

/** A target that tells one thing that cannot be is believed nothing more. */
export function unbelievable(target: string, { kind, values }: Fact): ShipperError {
  return new ShipperError(
    'TARGET',
    `${target}: the target said what it was not asked for ("${[kind, ...values].join(' ').slice(0, 200)}"), and is not ` +
      'listened to any more. See whether it was tampered with, or whether something else writes to the output of its ' +
      'login shell',
    { target },
  );
}

/** A refusal of the lock says who holds it. */
export function withHolder(error: unknown, holder: string | undefined): unknown {
  if (!(error instanceof ShipperError) || error.code !== 'LOCKED' || holder === undefined) return error;
  return new ShipperError(
    'LOCKED',
    `${error.message}: it is held by ${holder}. It is freed when that run ends, at the latest a minute after it died; ` +
      'wait for it, cancel it, or give this run a longer lock-timeout',
    { target: error.target, step: error.step, cause: error },
  );
}
