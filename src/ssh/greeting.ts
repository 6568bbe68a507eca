import type { Duplex } from 'node:stream';

/** Bytes that a server may say before it identifies itself. */
const limit = 16_384;

/** What a server sends first: perhaps some text, then the line by which it identifies itself. */
export interface Greeting {
  /** Everything before the identification. */
  readonly text: string;
  /** Such as `SSH-2.0-OpenSSH_9.2p1`; undefined while there is none. */
  readonly identification: string | undefined;
}

/**
 * Reads along with ssh2, which keeps this to itself and would take 8 MB of it; to be called before ssh2 gets the stream.
 */
export function readGreeting(stream: Duplex, onIdentified: () => void, onExcess: () => void): () => Greeting {
  let received = '';
  let greeting: Greeting = { text: '', identification: undefined };
  const listen = (data: Buffer): void => {
    received = (received + data.toString('latin1')).slice(0, limit);
    const found = /^(SSH-[^\r\n]*)\r?\n/m.exec(received);
    greeting = { text: received.slice(0, found?.index), identification: found?.[1] };
    if (found === null && received.length < limit) return;
    stream.off('data', listen);
    if (found === null) onExcess();
    else onIdentified();
  };
  stream.on('data', listen);
  return () => greeting;
}
