import type { ClientPart } from './parts.ts';

/**
 * Counts what a server says on its channels as a sign of life. ssh2 1.17 waits for answers to its own questions only, and
 * over a slow line these stand behind all that an upload has sent before: a connection that was busy counted as lost.
 */
export function countAsLife(client: ClientPart): void {
  const handlers = client._protocol._handlers;
  const { CHANNEL_WINDOW_ADJUST: adjust, CHANNEL_DATA: data } = handlers;
  handlers.CHANNEL_WINDOW_ADJUST = (...message) => {
    client._resetKA();
    adjust(...message);
  };
  handlers.CHANNEL_DATA = (...message) => {
    client._resetKA();
    data(...message);
  };
}
