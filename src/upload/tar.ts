/** Bytes of a block, of which a tar stream is made. */
export const block = 512;

/** Largest size that the octal field of a header holds. */
const largestOctal = 0o77777777777;

export type TarKind = 'file' | 'directory' | 'link';

const zeros = Buffer.alloc(block);

const typeFlags = { file: '0', directory: '5', link: '2' } as const;

export interface TarMember {
  readonly kind: TarKind;
  /** Bytes. */
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  /** What a link says, in bytes. */
  readonly text?: string | undefined;
}

/**
 * The header of one member, in the GNU format that GNU tar, BusyBox and libarchive all read: names of any bytes, and
 * of any length by a header of their own before it. Times and owners are left to whoever unpacks.
 */
export function tarHeader(member: TarMember): Buffer {
  const { path, text = '' } = member;
  const parts = [...longName('L', path), ...longName('K', text), header(member, typeFlags[member.kind])];
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** What follows a content of that size, up to the next block. */
export function paddingAfter(size: number): Buffer {
  return zeros.subarray(0, (block - (size % block)) % block);
}

/** The end of a stream. */
export const tarEnd = Buffer.alloc(2 * block);

function longName(type: 'L' | 'K', name: string): Buffer[] {
  if (name.length <= 100) return [];
  const content = Buffer.from(`${name}\0`, 'latin1');
  const size = content.length;
  return [header({ kind: 'file', path: '././@LongLink', mode: 0, size }, type), content, paddingAfter(size)];
}

function header({ path, mode, size, text = '' }: TarMember, type: string): Buffer {
  const bytes = Buffer.allocUnsafe(block).fill(0); // From Node's pool: ten thousand buffers of their own cost a quarter second.
  bytes.write(path.slice(0, 100), 0, 'latin1');
  bytes.write(octal(mode, 7), 100, 'latin1');
  bytes.write(octal(0, 7), 108, 'latin1');
  bytes.write(octal(0, 7), 116, 'latin1');
  if (size <= largestOctal) {
    bytes.write(octal(size, 11), 124, 'latin1');
  } else {
    bytes.writeUInt8(0x80, 124);
    bytes.writeBigUInt64BE(BigInt(size), 128);
  }
  bytes.write(octal(0, 11), 136, 'latin1');
  bytes.write('        ', 148, 'latin1');
  bytes.write(type, 156, 'latin1');
  bytes.write(text.slice(0, 100), 157, 'latin1');
  bytes.write('ustar  \0', 257, 'latin1');
  let sum = 0;
  for (let index = 0; index < block; index += 1) sum += bytes[index] ?? 0;
  bytes.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return bytes;
}

function octal(value: number, width: number): string {
  return value.toString(8).padStart(width, '0');
}
