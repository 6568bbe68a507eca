import type { Certificate } from './certificate.ts';
import type { PrivateKey } from './private-key.ts';

/** What a run may prove itself with, in this order. At least one is there. */
export interface Credentials {
  readonly key?: PrivateKey | undefined;
  /** The key without its certificate, where nobody named that: tried once the certificate is refused. */
  readonly plainKey?: PrivateKey | undefined;
  /** Where an agent listens: the value of `SSH_AUTH_SOCK`; on Windows a pipe's name, or `pageant`. */
  readonly agent?: string | undefined;
  /** The key of the agent that is tried first, in its wire form. */
  readonly preferred?: Buffer | undefined;
  /** A certificate of a key that the agent holds; nothing else of the agent is tried then. */
  readonly certificate?: Certificate | undefined;
  readonly password?: string | undefined;
}
