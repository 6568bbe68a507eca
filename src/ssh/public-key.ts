import { createHash } from 'node:crypto';

/** `SHA256:…` of a public key in its wire form, as `ssh-keygen -l` shows it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The name that a key in its wire form gives itself, such as `ssh-ed25519`; empty if it is none. */
export function keyTypeOf(key: Buffer): string {
  return readStrings(key)?.[0]?.toString('latin1') ?? '';
}

/** The size of an RSA key in its wire form; undefined for other keys, and 0 where it cannot be read. */
export function rsaBits(key: Buffer): number | undefined {
  const [type, , modulus] = readStrings(key) ?? [];
  if (type?.toString('latin1') !== 'ssh-rsa') return undefined;
  return modulus === undefined ? 0 : BigInt(`0x0${modulus.toString('hex')}`).toString(2).length;
}

/** `ssh-ed25519 AAAA…`, as in authorized_keys and after the host in known_hosts. */
export function publicKeyLine(key: Buffer): string {
  return `${keyTypeOf(key)} ${key.toString('base64')}`;
}

/** The strings that a key in its wire form is made of; undefined if a part of it is missing or too much. */
export function readStrings(data: Buffer): readonly Buffer[] | undefined {
  const strings: Buffer[] = [];
  for (let at = 0; at < data.length;) {
    if (at + 4 > data.length) return undefined;
    const end = at + 4 + data.readUInt32BE(at);
    if (end > data.length) return undefined;
    strings.push(data.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

/** The first strings of some data and then what is left of it; fewer if the data ends before. */
export function takeStrings(data: Buffer, count: number): readonly Buffer[] {
  const taken: Buffer[] = [];
  let rest = data;
  while (taken.length < count) {
    if (rest.length < 4 || rest.length < 4 + rest.readUInt32BE(0)) return taken;
    const end = 4 + rest.readUInt32BE(0);
    taken.push(rest.subarray(4, end));
    rest = rest.subarray(end);
  }
  return [...taken, rest];
}

/** The wire form of strings, one after another. */
export function writeStrings(...strings: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(
    strings.flatMap((string) => {
      const bytes = Buffer.from(string);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
