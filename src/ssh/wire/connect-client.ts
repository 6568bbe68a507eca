import type { Client, ConnectConfig } from 'ssh2';
import { addExchange } from './exchange.ts';
import { guardChannels } from './guards.ts';
import { hastenLogin } from './hasty-login.ts';
import { partsOf } from './parts.ts';
import { postQuantumExchange } from './post-quantum.ts';
import { readyKeys } from './ready-keys.ts';

/**
 * `client.connect`, with what this room changes in it. Nothing has been sent or read when it returns. `onProof` is told
 * each time that a signature or a password went out.
 */
export function connectClient(client: Client, config: ConnectConfig, onProof: () => void): void {
  client.connect(config);
  const parts = partsOf(client);
  const postQuantum = postQuantumExchange();
  if (postQuantum !== undefined) addExchange(parts._protocol, postQuantum);
  readyKeys(parts._protocol);
  guardChannels(parts);
  hastenLogin(parts, onProof);
}
