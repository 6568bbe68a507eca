import { setTimeout as sleep } from 'node:timers/promises';
import { ShipperError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Door } from './doors.ts';
import { NetworkFault } from './failure.ts';
import type { HandshakeFacts } from './handshake.ts';
import type { Session } from './session.ts';

/** A server on the way, as errors call it. */
export type Place = Pick<HandshakeFacts, 'place' | 'target'>;

interface Persistence extends Place {
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before the second attempt, about; it doubles with each. Default 1000. */
  readonly pause?: number;
  /** Where the server is entered. */
  readonly door: Door;
}

/** How often the same is tried. */
export const attempts = 3;

/**
 * Opens a connection once it is its turn, and again after faults of the network. A server that lets others of the run in
 * is not down, but busy: what fails while it does is no attempt that counts.
 */
export async function persist(
  { log, signal, pause = 1000, door, ...place }: Persistence,
  open: () => Promise<Session>,
): Promise<Session> {
  let { admitted } = door;
  for (let [number, tries] = [1, 1]; ; tries += 1) {
    try {
      return await door.enter(async () => {
        if (signal?.aborted === true) throw cancelled(place);
        return open();
      });
    } catch (error) {
      const isBusy = door.admitted > admitted;
      if (!(error instanceof NetworkFault) || (number === attempts && !isBusy)) throw error;
      admitted = door.admitted;
      if (!isBusy) number += 1;
      const wait = pause * 2 ** Math.min(tries - 1, 4) * (0.75 + Math.random() / 2);
      const times = isBusy ? 'it lets others in' : `${String(number)} of ${String(attempts)}`;
      log.info(`${error.message} Trying again in ${(wait / 1000).toFixed(1)} s (${times}).`);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** What an attempt rejects with once the run is cancelled. */
export function cancelled({ place, target }: Place): ShipperError {
  return new ShipperError('CANCELLED', `Cancelled while connecting to ${place}.`, { target });
}
