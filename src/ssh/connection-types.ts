import type { Duplex, Readable, Writable } from 'node:stream';
import type { Address } from '../config/config.ts';

/** How a remote program ended. Success is exactly `code === 0`. */
export interface Exit {
  /** Exit status; undefined when a signal ended it or the connection was lost. */
  readonly code: number | undefined;
  /** Name of the signal that ended it, such as `SIGKILL`. */
  readonly signal: string | undefined;
}

/** One program running on the server. */
export interface Channel {
  /** Fails, for a pipeline into it, once nothing reads it any more; nobody has to listen for its errors. */
  readonly stdin: Writable;
  /** Like `stderr`, to be read, or `resume()`d where nobody wants it: both hold back `closed`. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Resolves when the server reports the program's end or the channel closes, whichever is first; never rejects.
   * Output may still arrive afterwards: read until `closed` for all of it.
   */
  readonly exit: Promise<Exit>;
  /** Asks the server to kill the program; not every server does. */
  kill(): void;
  /** Resolves when all output was read to its end and nothing more can arrive; also where the connection was lost. */
  readonly closed: Promise<void>;
  /** Resolves when both sides have closed the channel: from then on the server has room for another one. */
  readonly freed: Promise<void>;
}

/** An authenticated connection to a target, over however many hops. */
export interface Connection {
  readonly address: Address;
  /** What the server said it is, such as `SSH-2.0-OpenSSH_9.2p1`. */
  readonly identification: string;
  /** How the session keys were agreed on, such as `mlkem768x25519-sha256`. */
  readonly keyExchange: string;
  /** `SHA256:…` of the user's key; undefined for a password. */
  readonly keyFingerprint: string | undefined;
  /**
   * Resolves when the user is in. Connected early, this comes later, and rejects with what `connect` would have
   * rejected with; so does every `exec`.
   */
  readonly ready: Promise<void>;
  /** Seconds that a program there may take until its first word: login shells of slow machines take long. */
  readonly answerSeconds: number;
  /**
   * Starts a program by the server's login shell. Rejects with TARGET where the server refuses (see
   * `isChannelRefused`), with CONNECT where the connection is gone. `input` is the first of what it reads: it is sent
   * without waiting, where the server takes it so.
   */
  exec(command: string, input?: string): Promise<Channel>;
  /** Resolves once the connection is gone, with the reason (CONNECT) if it was not `end()`. Never rejects. */
  readonly lost: Promise<Error | undefined>;
  /** Says goodbye and lets go of the socket at once, so that it keeps no process alive. */
  end(): void;
}

/** A server on the way, as one of those who go through it holds it. */
export interface Hop {
  /** A stream to an address as that server sees it; `stop` gives up, with its reason. Errors belong to `target`. */
  forward(address: Address, target: string | undefined, stop: AbortSignal): Promise<Duplex>;
  /** All hops up to it, in one word. */
  readonly way: string;
  /** Why the connection to it was lost, where it was. */
  readonly loss: Error | undefined;
  /** Lets nobody else come this way: who lost a connection behind it does not trust it. */
  distrust(): void;
  /** Lets go of it; the last one to do so ends the connection. */
  end(): void;
}
