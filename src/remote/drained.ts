import { deferred } from '../deferred.ts';
import type { Channel, Exit } from '../ssh/connection-types.ts';

/** Milliseconds without output after which a program that has ended counts as silent; a daemon may hold its streams. */
const silenceMilliseconds = 300;

/** Resolves when a program has ended and its output has arrived; `isBusy` says whether some came since it was asked. */
export async function drained(channel: Channel, isBusy = (): boolean => false): Promise<Exit> {
  const exit = await channel.exit;
  for (;;) {
    const patience = deferred<boolean>();
    const timer = setTimeout(() => patience.resolve(false), silenceMilliseconds);
    const freed = await Promise.race([channel.freed.then(() => true), patience.promise]);
    clearTimeout(timer);
    if (freed || !isBusy()) return exit;
  }
}
