import type { Client, ConnectConfig } from 'ssh2';
import { addExchange } from './exchange.ts';
import { guardChannels } from './guards.ts';
import { askForCertificates } from './host-certificates.ts';
import { hastenLogin } from './hasty-login.ts';
import { countAsLife } from './life.ts';
import { partsOf } from './parts.ts';
import { postQuantumExchange } from './post-quantum.ts';
import { readyKeys } from './ready-keys.ts';

/** What ssh2 does not ask about. */
export interface Hooks {
  /** The algorithms for which host certificates are asked for, by the names for plain keys. */
  readonly certificates: readonly string[];
  /** Gives the key of a host certificate that may be trusted, or throws. */
  readonly acceptCertificate: (certificate: Buffer) => Buffer;
  /** Told each time that a signature or a password went out. */
  readonly onProof: () => void;
}

/** `client.connect`, with what this room changes in it. Nothing has been sent or read when it returns. */
export function connectClient(client: Client, config: ConnectConfig, hooks: Hooks): void {
  client.connect(config);
  const parts = partsOf(client);
  const postQuantum = postQuantumExchange();
  if (postQuantum !== undefined) addExchange(parts._protocol, postQuantum);
  readyKeys(parts._protocol);
  askForCertificates(parts._protocol, hooks.certificates, hooks.acceptCertificate);
  guardChannels(parts);
  countAsLife(parts);
  hastenLogin(parts, hooks.onProof);
}
