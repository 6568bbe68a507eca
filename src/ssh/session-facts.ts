import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { Address } from '../config/config.ts';
import type { ShipperError } from '../errors.ts';
import type { Hop } from './connection-types.ts';

/** What a session is made of, once the user is in or may be. */
export interface SessionFacts {
  readonly client: Client;
  /** What the client speaks through: a socket, or a channel of the hop before. */
  readonly stream: Duplex;
  readonly address: Address;
  readonly place: string;
  /** Name of the target that errors belong to; undefined for a hop, which belongs to all behind it. */
  readonly target: string | undefined;
  readonly identification: string;
  readonly keyFingerprint: string | undefined;
  readonly keyExchange: string;
  /** Seconds for one attempt to connect. */
  readonly connectTimeout: number;
  /** Why the host key is not trusted any more, if that is so. */
  readonly check: { readonly refusal: ShipperError | undefined };
  /** The hop before; it is let go of when this ends. */
  readonly via: Hop | undefined;
}
