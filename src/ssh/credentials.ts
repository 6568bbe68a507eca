import type { PrivateKey } from './private-key.ts';

/** What a run may prove itself with, in this order. At least one is there. */
export interface Credentials {
  readonly key?: PrivateKey | undefined;
  /** Where an agent listens: the value of `SSH_AUTH_SOCK`; on Windows a pipe's name, or `pageant`. */
  readonly agent?: string | undefined;
  readonly password?: string | undefined;
}
