import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../deferred.ts';
import type { Channel, Exit } from '../ssh/connection-types.ts';

/** Milliseconds without output after which a program that has ended counts as silent; a daemon may hold its streams. */
const silenceMilliseconds = 300;

/** Milliseconds after which the streams have handed on what had arrived when the channel was closed. */
const restMilliseconds = 1;

/** Resolves when a program has ended and its output has arrived; `isBusy` says whether some came since it was asked. */
export async function drained(channel: Channel, isBusy = (): boolean => false): Promise<Exit> {
  const exit = await channel.exit;
  let freed = false;
  do {
    if (!freed) freed = await isFreedWithin(silenceMilliseconds, channel);
    if (freed) await sleep(restMilliseconds);
  } while (isBusy());
  return exit;
}

async function isFreedWithin(milliseconds: number, { freed }: Channel): Promise<boolean> {
  const patience = deferred<boolean>();
  const timer = setTimeout(() => patience.resolve(false), milliseconds);
  const isFreed = await Promise.race([freed.then(() => true), patience.promise]);
  clearTimeout(timer);
  return isFreed;
}
