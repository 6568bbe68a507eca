import { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { ShipperError } from '../errors.ts';

/** How a stream is packed; `zstd` needs Node 22.15 and the program on the target. */
export type Packing = 'zstd' | 'gzip' | 'none';

const { createZstdCompress, zstdDecompress } = zlib as Partial<typeof zlib>;
const chunkSize = 256 * 1024;

/** Bytes up to which a stream is packed harder: there time goes into the way, not into packing. */
const little = 4 * 1024 * 1024;

export function choosePacking(onTarget: readonly string[]): Packing {
  if (createZstdCompress !== undefined && onTarget.includes('zstd')) return 'zstd';
  return onTarget.includes('gzip') ? 'gzip' : 'none';
}

/** The best that this Node can do. */
export const bestPacking = choosePacking(['zstd', 'gzip']);

/** @param bytes about how many there will be. */
export function packer(packing: Packing, bytes: number): Transform {
  if (packing === 'gzip') return zlib.createGzip({ level: bytes < little ? 6 : 1, chunkSize });
  if (packing === 'zstd' && createZstdCompress !== undefined) return zstd(createZstdCompress, bytes);
  return new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.from(chunk)) });
}

/** Packages hold many files twice: looking back 16 MB for them saves a third and costs next to nothing. */
function zstd(create: typeof zlib.createZstdCompress, bytes: number): Transform {
  const { ZSTD_c_compressionLevel, ZSTD_c_windowLog, ZSTD_c_enableLongDistanceMatching } = zlib.constants;
  const params =
    bytes < little
      ? { [ZSTD_c_compressionLevel]: 9 }
      : { [ZSTD_c_compressionLevel]: 1, [ZSTD_c_windowLog]: 24, [ZSTD_c_enableLongDistanceMatching]: 1 };
  return create({ chunkSize, params });
}

/** Writes all pieces, each of which is the writer's until the one after it is asked for, and ends the stream. */
export async function feed(pieces: AsyncIterable<Buffer>, packing: Transform): Promise<void> {
  try {
    let written: Promise<void> = Promise.resolve();
    for await (const piece of pieces) {
      await written;
      written = write(packing, piece);
      written.catch(() => undefined); // It is awaited a piece later.
    }
    await written;
    packing.end();
  } catch (error) {
    packing.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

async function write(packing: Transform, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    packing.once('close', resolve);
    packing.write(piece, (error) => {
      packing.off('close', resolve);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Resolves with undefined for more bytes than these, and rejects with UPLOAD for what is damaged. */
export async function unpack(packing: string, bytes: Buffer, most: number): Promise<Buffer | undefined> {
  const options = { maxOutputLength: most };
  try {
    if (packing === 'none') return bytes;
    if (packing === 'gzip') return await promisify<Buffer, object, Buffer>(zlib.gunzip)(bytes, options);
    if (packing === 'zstd' && zstdDecompress !== undefined)
      return await promisify<Buffer, object, Buffer>(zstdDecompress)(bytes, options);
  } catch (cause) {
    if (cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ShipperError('UPLOAD', `the index of what is there cannot be unpacked: ${reason}`, { cause });
  }
  throw new ShipperError('UPLOAD', `the index of what is there is packed in a way that was not asked for: ${packing}`);
}
