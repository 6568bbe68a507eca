import { constants, crc32, deflateRawSync } from 'node:zlib';

/** One of the target's scripts as a gzip stream without its end. */
interface Beginning {
  readonly bytes: Buffer;
  readonly crc: number;
  readonly length: number;
}

/** A gzip member without name and time: RFC 1952. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]);

/** A frame is short: what is set up for it costs more than the packing. */
const small = { level: 9, memLevel: 5, windowBits: 12 };

/** By script: compressing one takes as long as all else that a target costs the runner. */
const beginnings = new Map<string, Beginning>();

function beginningOf(script: string): Beginning {
  const known = beginnings.get(script);
  if (known !== undefined) return known;
  const text = Buffer.from(script);
  const body = deflateRawSync(text, { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
  const beginning = { bytes: Buffer.concat([header, body]), crc: crc32(text), length: text.length };
  beginnings.set(script, beginning);
  return beginning;
}

/** `script` and then `rest`, as one gzip stream in base64. A script is compressed once, whatever the rest. */
export function packed(script: string, rest: string): string {
  const { bytes, crc, length } = beginningOf(script);
  const text = Buffer.from(rest);
  const body = deflateRawSync(text, small);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(text, crc), 0);
  trailer.writeUInt32LE(length + text.length, 4);
  return Buffer.concat([bytes, body, trailer]).toString('base64');
}
