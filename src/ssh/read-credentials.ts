import { ShipperError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Certificate } from './certificate.ts';
import type { Credentials } from './credentials.ts';
import { readPrivateKey } from './private-key.ts';
import { certify, readUserCertificate } from './user-certificate.ts';

/** What opens servers, as it was given. */
export interface CredentialTexts {
  /** The text of a private key, or `agent`. */
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
  /** The text of a certificate. */
  readonly certificate: string | undefined;
  /** The same, where it was found beside the key and nobody named it. */
  readonly certificateBeside?: string | undefined;
  /** The line of a public key that an agent is to try first. */
  readonly preferred?: string | undefined;
}

interface Surroundings {
  /** Where an agent listens; empty where there is none. */
  readonly agent: string;
  readonly now: Date;
  readonly log: Log;
  readonly mask: (secrets: readonly string[]) => void;
}

/**
 * The key, the agent or the password; what must not be seen of them is masked. Throws KEY or INPUT. A certificate that
 * nobody named and that cannot be used is told, and the key goes without it.
 */
export function readCredentials(texts: CredentialTexts, { agent, now, log, mask }: Surroundings): Credentials {
  const { key, passphrase, password } = texts;
  const named = texts.certificate === undefined ? undefined : readUserCertificate(texts.certificate, now);
  if (key === undefined) {
    if (named === undefined) return { password };
    throw new ShipperError(
      'INPUT',
      'The certificate belongs to a key: give that as `key`, or `agent` if one holds it.',
    );
  }
  if (key === 'agent') {
    const preferred = Buffer.from(texts.preferred?.split(' ')[1] ?? '', 'base64');
    if (agent !== '') return { agent, preferred, certificate: named, password };
    throw new ShipperError(
      'KEY',
      'the key comes from an agent, but SSH_AUTH_SOCK is not set: start ssh-agent, or give a key',
    );
  }
  const read = readPrivateKey(key, passphrase);
  mask(read.secrets);
  if (named !== undefined) return { key: certify(read, named), password };
  if (texts.certificateBeside === undefined) return { key: read, password };
  try {
    const certificate = readUserCertificate(texts.certificateBeside, now);
    return { key: certify(read, certificate), plainKey: read, password };
  } catch (error) {
    if (!(error instanceof ShipperError)) throw error;
    log.notice(`${error.message} It was found beside the key, which goes without it.`);
    return { key: read, password };
  }
}

/** The certificate that a run shows by name, if it shows one. */
export function certificateOf({ key, certificate }: Credentials): Certificate | undefined {
  return certificate ?? key?.certificate;
}
