import { visible } from '../visible.ts';
import { fingerprintOf, keyTypeOf, readStrings, takeStrings, writeStrings } from './public-key.ts';

/** An OpenSSH certificate, as it says of itself: nothing of it is proven yet. */
export interface Certificate {
  /** The whole of it, in its wire form. */
  readonly blob: Buffer;
  /** The key that it is about, in its wire form. */
  readonly publicKey: Buffer;
  /** What it is for; undefined for what OpenSSH does not know either. */
  readonly kind: 'user' | 'host' | undefined;
  /** What its authority calls it. */
  readonly keyId: string;
  /** The users or hosts that it is for; none means any in some places and nobody in others. */
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly validAfter: bigint;
  /** Seconds since 1970, no longer valid itself; `forever` where it does not end. */
  readonly validBefore: bigint;
  /** Names of options that have to be understood by whoever accepts it. */
  readonly criticalOptions: readonly string[];
  /** The key that signed it, in its wire form. */
  readonly authority: Buffer;
  readonly signature: Buffer;
  /** What was signed. */
  readonly signed: Buffer;
}

/** `validBefore` of a certificate that does not end. */
export const forever = 0xffff_ffff_ffff_ffffn;

/** How many strings the key of a certificate has behind its type. */
const partsOfKey = new Map([
  ['ssh-ed25519', 1],
  ['ecdsa-sha2-nistp256', 2],
  ['ecdsa-sha2-nistp384', 2],
  ['ecdsa-sha2-nistp521', 2],
  ['ssh-rsa', 2],
]);
const suffix = '-cert-v01@openssh.com';
/** Bytes of a certificate, and its principals: OpenSSH takes no more of these. */
const longest = 65_536;
const mostPrincipals = 256;

/** Whether a key in its wire form, by its own word, is a certificate, of whatever key. */
export function isCertificate(blob: Buffer): boolean {
  return takeStrings(blob, 1)[0]?.toString('latin1').endsWith(suffix) === true;
}

/** Reads a certificate of an Ed25519, ECDSA or RSA key in its wire form; undefined where a part is missing or too much. */
export function readCertificate(blob: Buffer): Certificate | undefined {
  const [type, , afterNonce] = takeStrings(blob, 2);
  const keyType = type?.toString('latin1').slice(0, -suffix.length) ?? '';
  const parts = partsOfKey.get(keyType);
  if (parts === undefined || afterNonce === undefined || blob.length > longest || !isCertificate(blob))
    return undefined;
  const key = takeStrings(afterNonce, parts);
  const numbers = key[parts];
  if (numbers === undefined || numbers.length < 12) return undefined;
  const [keyId, principals, validity] = takeStrings(numbers.subarray(12), 2);
  if (keyId === undefined || principals === undefined || validity === undefined || validity.length < 16)
    return undefined;
  const [options, , , authority, signature, rest] = takeStrings(validity.subarray(16), 5);
  const names = readStrings(principals);
  const critical = options === undefined ? undefined : readStrings(options);
  if (authority === undefined || signature === undefined || rest?.length !== 0) return undefined;
  if (names === undefined || names.length > mostPrincipals || critical === undefined) return undefined;
  return {
    blob,
    publicKey: writeStrings(keyType, ...key.slice(0, parts)),
    kind: ([undefined, 'user', 'host'] as const)[numbers.readUInt32BE(8)],
    keyId: keyId.toString('utf8'),
    principals: names.map((name) => name.toString('utf8')),
    validAfter: validity.readBigUInt64BE(0),
    validBefore: validity.readBigUInt64BE(8),
    criticalOptions: critical.flatMap((name, index) => (index % 2 === 0 ? [name.toString('utf8')] : [])),
    authority,
    signature,
    signed: blob.subarray(0, blob.length - 4 - signature.length),
  };
}

/** Seconds by which the clocks of two machines may differ. */
const skew = 60n;

/** Whether a certificate is valid at a time, but for clocks that differ a little; else, why it is not. */
export function validityAt({ validAfter, validBefore }: Certificate, now: Date): 'valid' | 'early' | 'expired' {
  const seconds = BigInt(Math.floor(now.getTime() / 1000));
  if (seconds + skew < validAfter) return 'early';
  return seconds - skew >= validBefore ? 'expired' : 'valid';
}

/** `"ci" for deploy and www, valid until 2026-11-27T02:00:00Z, signed by SHA256:… (ssh-ed25519)`: its facts, made visible. */
export function describeCertificate(certificate: Certificate): string {
  const { keyId, principals, authority } = certificate;
  const whom = principals.length === 0 ? 'for nobody by name' : `for ${listed(principals)}`;
  const signer = `signed by ${fingerprintOf(authority)} (${shown(keyTypeOf(authority))})`;
  return `${shown(JSON.stringify(keyId))} ${whom}, ${describeValidity(certificate)}, ${signer}`;
}

function describeValidity({ validAfter, validBefore }: Certificate): string {
  const from = validAfter === 0n ? '' : ` from ${dateOf(validAfter)}`;
  const to = validBefore === forever ? '' : ` until ${dateOf(validBefore)}`;
  return `valid${from}${to === '' && from === '' ? ' for ever' : to}`;
}

/** The last second that a `Date` can tell. */
const lastDate = 8_640_000_000_000n;

function dateOf(seconds: bigint): string {
  if (seconds > lastDate) return `second ${String(seconds)}`;
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

function listed(names: readonly string[]): string {
  const few = names.slice(0, 10).map(shown);
  const more = names.length - few.length;
  return few.length === 1 && more === 0
    ? (few[0] ?? '')
    : `${few.slice(0, -1).join(', ')}${more > 0 ? `, ${few.at(-1) ?? ''} and ${String(more)} more` : ` and ${few.at(-1) ?? ''}`}`;
}

/** What someone else has written, on one line and not too long. */
function shown(text: string): string {
  return visible(text.replace(/\s+/g, ' ').slice(0, 200));
}
