import type { Client, ConnectConfig } from 'ssh2';
import { guardChannels } from './guards.ts';
import { partsOf } from './parts.ts';

/** `client.connect`, with what this room changes in it. Nothing has been sent or read when it returns. */
export function connectClient(client: Client, config: ConnectConfig): void {
  client.connect(config);
  guardChannels(partsOf(client));
}
