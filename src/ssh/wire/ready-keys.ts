import { createSecretKey, type KeyObject } from 'node:crypto';
import type { CipherPart, ProtocolPart } from './parts.ts';

/**
 * Keys of ciphers become key objects before they are used. ssh2 begins a cipher for each packet, and Node 24 finds out by
 * two exceptions that bytes are no key object: that takes three times as long as the encryption. Holds for renewals too.
 */
export function readyKeys(protocol: ProtocolPart): void {
  for (const side of ['_cipher', '_decipher'] as const) {
    let current: CipherPart | undefined = protocol[side];
    Object.defineProperty(protocol, side, {
      get: () => current,
      set: (next: CipherPart | undefined) => {
        current = next;
        if (next?._encKey !== undefined) next._encKey = ready(next._encKey);
        if (next?._decipherKey !== undefined) next._decipherKey = ready(next._decipherKey);
      },
    });
  }
}

const ready = (key: Buffer | KeyObject): KeyObject => (Buffer.isBuffer(key) ? createSecretKey(key) : key);
