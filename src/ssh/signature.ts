import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readStrings } from './public-key.ts';

interface Curve {
  readonly name: string;
  /** Bytes of a coordinate, and of a number in a signature. */
  readonly size: number;
  readonly hash: string;
}

const curves = new Map<string, Curve>([
  ['ecdsa-sha2-nistp256', { name: 'P-256', size: 32, hash: 'sha256' }],
  ['ecdsa-sha2-nistp384', { name: 'P-384', size: 48, hash: 'sha384' }],
  ['ecdsa-sha2-nistp521', { name: 'P-521', size: 66, hash: 'sha512' }],
]);
const rsaHashes = new Map([
  ['rsa-sha2-512', 'sha512'],
  ['rsa-sha2-256', 'sha256'],
]);

/**
 * Whether a key made a signature of some data, both in their wire forms: of Ed25519, ECDSA, and RSA with SHA-2. False for
 * whatever else, never an error: both come from a server that nobody knows yet.
 */
export function isSignedBy(key: Buffer, data: Buffer, signature: Buffer): boolean {
  const [algorithm, bytes, ...more] = readStrings(signature) ?? [];
  if (algorithm === undefined || bytes === undefined || more.length > 0) return false;
  try {
    return check(readStrings(key) ?? [], data, algorithm.toString('latin1'), bytes);
  } catch {
    return false; // OpenSSL refuses the key, such as a point that is not on its curve.
  }
}

function check([name, ...parts]: readonly Buffer[], data: Buffer, algorithm: string, signature: Buffer): boolean {
  const type = name?.toString('latin1') ?? '';
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = parts;
  if (type === 'ssh-rsa') {
    const hash = rsaHashes.get(algorithm);
    const key = keyOf({ kty: 'RSA', e: text(first), n: text(withoutZeros(second)) });
    const length = withoutZeros(second).length;
    return hash !== undefined && signature.length <= length && verify(hash, data, key, padded(signature, length));
  }
  if (algorithm !== type) return false;
  if (type === 'ssh-ed25519')
    return verify(null, data, keyOf({ kty: 'OKP', crv: 'Ed25519', x: text(first) }), signature);
  const curve = curves.get(type);
  return curve !== undefined && checkEcdsa(curve, second, data, signature);
}

function checkEcdsa({ name, size, hash }: Curve, point: Buffer, data: Buffer, signature: Buffer): boolean {
  const numbers = readStrings(signature)?.map(withoutZeros) ?? [];
  const isUncompressed = point.length === 1 + 2 * size && point[0] === 4;
  if (!isUncompressed || numbers.length !== 2 || numbers.some(({ length }) => length > size)) return false;
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  const key = keyOf({ kty: 'EC', crv: name, x: text(x), y: text(y) });
  const both = Buffer.concat(numbers.map((number) => padded(number, size)));
  return verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, both);
}

const keyOf = (key: JsonWebKey): KeyObject => createPublicKey({ key, format: 'jwk' });
const text = (bytes: Buffer): string => bytes.toString('base64url');

function withoutZeros(number: Buffer): Buffer {
  const at = number.findIndex((byte) => byte !== 0);
  return at < 0 ? Buffer.alloc(0) : number.subarray(at);
}

function padded(number: Buffer, size: number): Buffer {
  return Buffer.concat([Buffer.alloc(size - number.length), number]);
}
