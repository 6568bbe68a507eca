import { randomBytes } from 'node:crypto';
import { readStrings, takeStrings, writeStrings } from './public-key.ts';

const magic = Buffer.from('openssh-key-v1\0');

/** What an OpenSSH private key says about itself without its passphrase. */
export interface OpenSshKeyFacts {
  /** `none` if it is not encrypted. */
  readonly cipher: string;
  /** Such as `ssh-ed25519`. */
  readonly type: string;
}

/** Reads the open part of a key; undefined if something is missing. */
export function inspectOpenSshKey(body: Buffer): OpenSshKeyFacts | undefined {
  if (!body.subarray(0, magic.length).equals(magic)) return undefined;
  const [cipher, , , ...rest] = takeStrings(body.subarray(magic.length), 3);
  const after = rest[0];
  if (cipher === undefined || after === undefined || after.length < 4) return undefined;
  const [publicKey, secret] = takeStrings(after.subarray(4), 2);
  const type = publicKey === undefined ? undefined : readStrings(publicKey)?.[0];
  if (secret === undefined || type === undefined) return undefined;
  return { cipher: cipher.toString('latin1'), type: type.toString('latin1') };
}

/** An Ed25519 key in OpenSSH's own format, base64 without line breaks: ssh2 reads it in no other. */
export function writeOpenSshEd25519(publicKey: Buffer, seed: Buffer): string {
  const check = randomBytes(4);
  const pair = Buffer.concat([seed, publicKey]);
  const open = writeStrings('ssh-ed25519', publicKey);
  const secret = Buffer.concat([check, check, open, writeStrings(pair, '')]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const body = [magic, writeStrings('none', 'none', ''), one, writeStrings(open, Buffer.concat([secret, padding]))];
  return Buffer.concat(body).toString('base64');
}
