import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/**
 * What Shipper speaks, best first: no SHA-1, no CBC, no DSA, and no Diffie-Hellman over finite fields, as OpenSSH 10: in a
 * group exchange, whoever answers chooses a prime of any length before its host key is known. AES-GCM leads the ciphers because OpenSSL does it in
 * hardware, while ssh2's ChaCha20 computes its Poly1305 in WebAssembly.
 */
const transport = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} satisfies Algorithms;

/** Types of host keys, as known_hosts names them, with the signatures that Shipper accepts of each; best first. */
const hostKeySignatures: readonly (readonly [type: string, signatures: readonly ServerHostKeyAlgorithm[]])[] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
];

/**
 * The signatures to ask a server for, so that it shows a host key of one of these types, of any type without any; and
 * of none of those that it has shown already.
 */
export function hostKeyAlgorithms(types: ReadonlySet<string>, shown: ReadonlySet<string>): ServerHostKeyAlgorithm[] {
  const known = hostKeySignatures.filter(([type]) => types.has(type));
  const wanted = known.length > 0 ? known : hostKeySignatures;
  return wanted.filter(([type]) => !shown.has(type)).flatMap(([, signatures]) => signatures);
}

/** The signatures of host certificates to ask for, by their names for plain keys; best first. */
export const certificateAlgorithms: readonly string[] = hostKeySignatures.flatMap(([, signatures]) => signatures);

/** The types of host keys that a server has, of those that Shipper can use, by the signatures that it offers. */
export function hostKeyTypes(offered: readonly string[]): readonly string[] {
  return hostKeySignatures
    .filter(([, signatures]) => signatures.some((signature) => offered.includes(signature)))
    .map(([type]) => type);
}

/** The whole proposal for one connection. */
export function proposal(serverHostKey: readonly ServerHostKeyAlgorithm[]): Algorithms {
  return { ...transport, serverHostKey: [...serverHostKey] };
}
