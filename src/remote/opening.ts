import type { Channel, Connection } from '../ssh/connection-types.ts';
import { isChannelRefused } from '../ssh/channel-refused.ts';
import { deferred } from '../deferred.ts';
import { ShipperError } from '../errors.ts';
import { within } from '../time-limit.ts';
import { frame } from './frame.ts';
import { limits } from './limits.ts';
import { learn, mannersOf, start, type Start } from './loader.ts';

/** How scripts are started on a target. */
export interface Access {
  readonly connection: Connection;
  /** One more connection, for a server that refuses another channel on the first; whoever asked ends it. */
  readonly reconnect?: (() => Promise<Connection>) | undefined;
}

export interface ScriptRequest {
  readonly access: Access;
  /** Name of the target, for errors. */
  readonly target: string;
  /** One of the target's scripts. */
  readonly script: string;
  /** Its first frame. */
  readonly words: readonly string[];
  /** What the line begins with by which the script greets. */
  readonly greeting: string;
  /** Gives up the start; one that has greeted is not touched. */
  readonly signal?: AbortSignal | undefined;
}

/** A channel on which a script is about to begin, and the connection that it may have for itself. */
export interface Opened extends Pick<Start, 'feed'> {
  readonly channel: Channel;
  /** Whoever uses the channel ends it. */
  readonly own: Connection | undefined;
}

/** OpenSSH counts a channel that was closed until it has read everything that came with the close: the next request too. */
const attempts = 2;

/**
 * Opens a channel for a script, on a connection of its own where the server refuses another channel on this one.
 * Rejects with TARGET where it refuses all, with CONNECT where it does not answer in time or is gone.
 */
export async function open(request: ScriptRequest): Promise<Opened> {
  const { connection, reconnect } = request.access;
  if (reconnect === undefined) return { ...(await openOn(connection, request)), own: undefined };
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      return { ...(await openOn(connection, request)), own: undefined };
    } catch (error) {
      if (!isChannelRefused(error)) throw error;
    }
  }
  const own = await reconnect();
  learn(own, mannersOf(connection));
  try {
    return { ...(await openOn(own, request)), own };
  } catch (error) {
    own.end();
    throw error;
  }
}

async function openOn(connection: Connection, request: ScriptRequest): Promise<Omit<Opened, 'own'>> {
  const { target, script, words, signal } = request;
  const how = start(script, frame(words), connection);
  const opening = connection.exec(how.request, how.input);
  try {
    // The login has a limit of its own.
    const opened = connection.ready.then(async () =>
      within(opening, limits.openMilliseconds, () => silentOpen(target)),
    );
    return { channel: await orCancelled(opened, signal), feed: how.feed };
  } catch (error) {
    void opening.then(
      (late) => {
        late.stdin.end();
        late.stdout.destroy();
      },
      () => undefined,
    );
    throw error;
  }
}

function silentOpen(target: string): ShipperError {
  const seconds = limits.openMilliseconds / 1000;
  const message = `${target}: the SSH server did not say within ${seconds} seconds whether it starts a program: look at its log and its load.`;
  return new ShipperError('CONNECT', message, { target });
}

/** As the promise, or a rejection with CANCELLED once the signal is aborted. */
export async function orCancelled<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const cancelled = deferred<never>();
  const cancel = (): void => cancelled.reject(new ShipperError('CANCELLED', 'The run was cancelled.'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel);
  try {
    return await Promise.race([promise, cancelled.promise]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
