import type { ParsedKey } from 'ssh2';

/** A private key that shows a certificate (in its wire form) instead of its public key; ssh2 takes it as any key. */
export function certifiedKey(key: ParsedKey, certificate: Buffer): ParsedKey {
  const hash = key.type === 'ssh-rsa' ? 'sha512' : undefined;
  return Object.create(key, {
    type: { value: certificate.toString('latin1', 4, 4 + certificate.readUInt32BE(0)) },
    getPublicSSH: { value: () => certificate },
    sign: { value: (data: Buffer | string) => key.sign(data, hash) },
  }) as ParsedKey;
}
