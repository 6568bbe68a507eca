import { deferred } from '../deferred.ts';
import type { Channel, Exit } from '../ssh/connection-types.ts';

/** Milliseconds without output after which a program that has ended counts as silent; a daemon may hold its streams. */
const silenceMilliseconds = 300;

/** Resolves when a program has ended and its output was read; `isBusy` says whether some came since it was asked. */
export async function drained(channel: Channel, isBusy = (): boolean => false): Promise<Exit> {
  const exit = await channel.exit;
  // A channel that is freed is not read to its end yet: of stderr, ssh2 leaves that open.
  const over = Promise.all([channel.freed, channel.closed]).then(() => true);
  for (;;) {
    const patience = deferred<boolean>();
    const timer = setTimeout(() => patience.resolve(false), silenceMilliseconds);
    const isOver = await Promise.race([over, patience.promise]);
    clearTimeout(timer);
    if (isOver || !isBusy()) return exit;
  }
}
