import * as crypto from 'node:crypto';
import type { AddedExchange } from './exchange.ts';
import type { ExchangePart } from './parts.ts';

/** Bytes of what is sent: of ML-KEM-768, and of X25519. */
const encapsulationKey = 1_184;
const ciphertext = 1_088;
const x25519 = 32;

/**
 * ML-KEM-768 beside X25519 (draft-ietf-sshm-mlkem-hybrid-kex): what is recorded today stays secret from a quantum computer
 * of tomorrow, as long as one of the two holds. OpenSSH speaks it since 9.9, dropbear since 2025.87, Node since 24.7;
 * undefined where this one cannot.
 */
export function postQuantumExchange(): AddedExchange | undefined {
  return 'decapsulate' in crypto ? { name: 'mlkem768x25519-sha256', adapt } : undefined;
}

function adapt(exchange: ExchangePart): void {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ml-kem-768');
  const ours = publicKey.export({ type: 'spki', format: 'der' }).subarray(-encapsulationKey);
  const getPublicKey = exchange.getPublicKey.bind(exchange);
  const computeSecret = exchange.computeSecret.bind(exchange);
  exchange.getPublicKey = () => Buffer.concat([ours, getPublicKey()]);
  exchange.convertPublicKey = (key) => key;
  exchange.computeSecret = (theirs) => {
    if (theirs.length !== ciphertext + x25519) {
      return new Error(
        `its part of the key exchange has ${String(theirs.length)} bytes, not ${String(ciphertext + x25519)}`,
      );
    }
    const classical = computeSecret(theirs.subarray(ciphertext));
    if (classical instanceof Error) return classical;
    const secret = crypto.decapsulate(privateKey, theirs.subarray(0, ciphertext));
    return combine(secret, classical);
  };
}

/** Both secrets become one string of fixed length; ssh2 hands over the second as a number, of fewer or more bytes. */
export function combine(secret: Buffer, classical: Buffer): Buffer {
  const whole = Buffer.concat([Buffer.alloc(x25519), classical]).subarray(-x25519);
  return crypto.createHash('sha256').update(secret).update(whole).digest();
}
