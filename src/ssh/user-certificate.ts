import { ShipperError } from '../errors.ts';
import { describeCertificate, isCertificate, readCertificate, validityAt, type Certificate } from './certificate.ts';
import { mendKeyText } from './key-text.ts';
import type { PrivateKey } from './private-key.ts';
import { fingerprintOf } from './public-key.ts';
import { certifiedKey } from './wire/certified-key.ts';

/**
 * Reads the input `certificate`: the line of an `id_ed25519-cert.pub`, which may have suffered on its way. Throws KEY with
 * what is wrong with it and its facts, also where it is not valid now or not for users.
 */
export function readUserCertificate(text: string, now: Date): Certificate {
  const mended = mendKeyText(text);
  const [, base64] = /^\S+-cert-v01@openssh\.com\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(mended) ?? [];
  if (base64 === undefined) throw new ShipperError('KEY', nameDefect(mended));
  const blob = Buffer.from(base64, 'base64');
  const certificate = readCertificate(blob);
  if (certificate === undefined) {
    const why = isCertificate(blob)
      ? 'is cut off or damaged, or of a type of key that is not supported: copy the whole line.'
      : 'is cut off or damaged: copy the whole line.';
    throw new ShipperError('KEY', `The certificate ${why}`);
  }
  const defect = defectOf(certificate, now);
  if (defect !== undefined)
    throw new ShipperError('KEY', `The certificate ${describeCertificate(certificate)}, ${defect}`);
  return certificate;
}

/** Why a certificate lets no user in, at this time; goes on behind its facts. */
export function defectOf(certificate: Certificate, now: Date): string | undefined {
  if (certificate.kind !== 'user') {
    return 'is not one of a user, but of a host: `ssh-keygen -s` makes one of a user without -h.';
  }
  const clock = `By the runner's clock it is ${now.toISOString().replace(/\.\d+/, '')}`;
  switch (validityAt(certificate, now)) {
    case 'expired':
      return `has expired. ${clock}: get a new one right before the deploy.`;
    case 'early':
      return `is not valid yet. ${clock}: compare it with the clock of the authority.`;
    case 'valid':
      return undefined;
  }
}

/** The key with its certificate, which is shown in its place. Throws KEY where the certificate is of another key. */
export function certify(key: PrivateKey, certificate: Certificate): PrivateKey {
  const { publicKey, blob } = certificate;
  if (!publicKey.equals(key.parsed.getPublicSSH())) {
    throw new ShipperError(
      'KEY',
      `The certificate ${describeCertificate(certificate)}, is of the key ${fingerprintOf(publicKey)}, not of the key that was given, ${key.fingerprint}: give the two that belong together.`,
    );
  }
  return { ...key, parsed: certifiedKey(key.parsed, blob), certificate };
}

function nameDefect(text: string): string {
  if (/-----BEGIN .*PRIVATE KEY/.test(text)) {
    return 'The certificate is a private key: that belongs into `key`, and here the line of its `…-cert.pub`.';
  }
  if (/-----BEGIN (?:TRUSTED )?CERTIFICATE/.test(text)) {
    return 'The certificate is one of TLS (X.509), and SSH servers take those of OpenSSH: `ssh-keygen -s` makes them.';
  }
  if (/^(?:ssh-|ecdsa-|sk-)\S+\s/.test(text)) {
    return 'The certificate is a public key: what belongs here is in the file that ends in `-cert.pub`.';
  }
  return 'The certificate is not one: it has to be a line such as `ssh-ed25519-cert-v01@openssh.com AAAA…`.';
}
