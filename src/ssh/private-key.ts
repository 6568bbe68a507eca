import { createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { ShipperError } from '../errors.ts';
import type { Certificate } from './certificate.ts';
import { keyDefects, nameDefect } from './key-defects.ts';
import { armor, findArmoredKeys, mendKeyText, type ArmoredKey } from './key-text.ts';
import { inspectOpenSshKey, writeOpenSshEd25519 } from './openssh-key.ts';
import { fingerprintOf, publicKeyLine } from './public-key.ts';

/** A private key that is ready to be used. */
export interface PrivateKey {
  /** Such as `ssh-ed25519` or `ssh-rsa`. */
  readonly type: string;
  /** `SHA256:…` of the public key, as `ssh-keygen -l` shows it. */
  readonly fingerprint: string;
  /** `ssh-ed25519 AAAA…`: what `authorized_keys` on a server needs to hold; not a secret. */
  readonly publicKeyLine: string;
  /** The key as ssh2 uses it, decrypted. */
  readonly parsed: ParsedKey;
  /** What is shown in place of the public key. */
  readonly certificate?: Certificate | undefined;
  /** Texts in which the key appears in memory, other than as it was given: a log has to mask them. */
  readonly secrets: readonly string[];
}

/**
 * Reads a private key (OpenSSH, PKCS#1, SEC 1, PKCS#8, encrypted or not) from a text that may have suffered on its way
 * through a secret. Throws KEY with one sentence that names the defect and what to do; it never holds key material.
 */
export function readPrivateKey(text: string, passphrase?: string): PrivateKey {
  const mended = mendKeyText(text);
  const [armored, ...more] = findArmoredKeys(mended);
  if (armored === undefined) throw new ShipperError('KEY', nameDefect(mended));
  if (more.length > 0) throw new ShipperError('KEY', keyDefects.several);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(armored.base64)) throw new ShipperError('KEY', keyDefects.characters);
  const secret = passphrase === '' ? undefined : passphrase;
  const parsed = armored.label === 'OPENSSH PRIVATE KEY' ? readOpenSsh(armored, secret) : readPem(armored, secret);
  const wireForm = parsed.getPublicSSH();
  return {
    type: parsed.type,
    fingerprint: fingerprintOf(wireForm),
    publicKeyLine: publicKeyLine(wireForm),
    parsed: parsed.type === 'ssh-rsa' ? withoutSha1(parsed) : parsed,
    secrets: secretLines(mended, armor(armored), parsed.getPrivatePEM()),
  };
}

function readOpenSsh(armored: ArmoredKey, passphrase: string | undefined): ParsedKey {
  const facts = inspectOpenSshKey(Buffer.from(armored.base64, 'base64'));
  if (facts === undefined) throw new ShipperError('KEY', keyDefects.truncated);
  const { cipher, type } = facts;
  if (type.startsWith('sk-')) throw new ShipperError('KEY', keyDefects.securityKey);
  if (type === 'ssh-dss') throw new ShipperError('KEY', keyDefects.dsa);
  // ssh2 has the cipher for connections, but fails on keys with `Invalid initialization vector`.
  if (cipher.startsWith('chacha20')) throw new ShipperError('KEY', keyDefects.unsupported(`the cipher ${cipher}`));
  if (cipher !== 'none' && passphrase === undefined) throw new ShipperError('KEY', keyDefects.passphraseMissing);
  const parsed = ssh2.utils.parseKey(armor(armored), passphrase);
  if (!(parsed instanceof Error)) return parsed;
  const unsupported = /^Unsupported (?:cipher|kdf|OpenSSH).*: (.+)$/.exec(parsed.message)?.[1];
  if (unsupported !== undefined) throw new ShipperError('KEY', keyDefects.unsupported(unsupported));
  throw new ShipperError('KEY', cipher === 'none' ? keyDefects.truncated : keyDefects.passphraseWrong);
}

function readPem(armored: ArmoredKey, passphrase: string | undefined): ParsedKey {
  const { label, headers, base64 } = armored;
  if (label === 'DSA PRIVATE KEY') throw new ShipperError('KEY', keyDefects.dsa);
  const encrypted = label === 'ENCRYPTED PRIVATE KEY' || headers.length > 0;
  const body = Buffer.from(base64, 'base64');
  if (!(headers.length > 0 ? body.length % 8 === 0 : isWholeDer(body))) {
    throw new ShipperError('KEY', keyDefects.truncated);
  }
  // OpenSSL would ask for a missing one on the terminal.
  if (encrypted && passphrase === undefined) throw new ShipperError('KEY', keyDefects.passphraseMissing);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: armor(armored), ...(encrypted && { passphrase }) });
  } catch (error) {
    if (isCipherMissing(error)) throw new ShipperError('KEY', keyDefects.oldCipher(cipherOf(headers)));
    throw new ShipperError('KEY', encrypted ? keyDefects.passphraseWrong : keyDefects.truncated);
  }
  const parsed = ssh2.utils.parseKey(convert(key));
  if (parsed instanceof Error) throw new ShipperError('KEY', keyDefects.unsupported('a format of its own'));
  return parsed;
}

/** Whether Node has no such cipher; it says the same of one that was built in and is no longer. */
function isCipherMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^ERR_OSSL_(?:EVP|PEM)_UNSUPPORTED|^ERR_CRYPTO_UNKNOWN_CIPHER$/.test(code);
}

/** An old PEM key says it in its headers; PKCS#8 holds it in a form that only OpenSSL reads. */
function cipherOf(headers: readonly string[]): string {
  return /DEK-Info: ([\w-]+)/.exec(headers.join('\n'))?.[1] ?? 'an old cipher (DES, RC2 or RC4)';
}

/** The key in a format that ssh2 reads: it knows no PKCS#8. */
function convert(key: KeyObject): string | Buffer {
  const type = key.asymmetricKeyType;
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  if (type === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' });
  if (['prime256v1', 'secp384r1', 'secp521r1'].includes(curve)) return key.export({ type: 'sec1', format: 'pem' });
  if (type === 'ed25519') {
    const { x = '', d = '' } = key.export({ format: 'jwk' });
    const base64 = writeOpenSshEd25519(Buffer.from(x, 'base64url'), Buffer.from(d, 'base64url'));
    return armor({ label: 'OPENSSH PRIVATE KEY', headers: [], base64 });
  }
  const unsupported = keyDefects.unsupported(`the type ${[type, curve].join(' ').trim()}`);
  throw new ShipperError('KEY', type === 'dsa' ? keyDefects.dsa : unsupported);
}

/** Whether the outermost DER element has the length that it says it has. */
function isWholeDer(der: Buffer): boolean {
  const [tag, first = 0] = der;
  if (tag !== 0x30) return false;
  if (first < 0x80) return der.length === 2 + first;
  const width = first - 0x80;
  return width >= 1 && width <= 4 && der.length > 2 + width && der.length === 2 + width + der.readUIntBE(2, width);
}

/** ssh2 falls back to a SHA-1 signature where a server does not say that it takes better ones. */
function withoutSha1(key: ParsedKey): ParsedKey {
  const sign = (data: Buffer | string, algorithm?: string): Buffer | Error =>
    algorithm === 'sha256' || algorithm === 'sha512'
      ? key.sign(data, algorithm)
      : new Error('the server takes signatures of RSA keys with SHA-1 only: use an Ed25519 key');
  return Object.create(key, { sign: { value: sign } }) as ParsedKey;
}

/** A short last line is worth less than the words that masking it would hide in the log. */
function secretLines(...texts: readonly string[]): readonly string[] {
  const lines = texts.flatMap((text) => text.split('\n')).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line.length >= 16 && !/^-----|^(?:Proc-Type|DEK-Info):/.test(line)))];
}
