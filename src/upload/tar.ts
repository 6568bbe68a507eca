/** Bytes of a block, of which a tar stream is made. */
export const block = 512;

/** Largest size that the octal field of a header holds. */
const largestOctal = 0o77777777777;

export type TarKind = 'file' | 'link';

const zeros = Buffer.alloc(block);

const typeFlags = { file: '0', link: '2' } as const;

export interface TarMember {
  readonly kind: TarKind;
  /** Bytes. */
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  /** What a link says, in bytes. */
  readonly text?: string | undefined;
}

/** Writes the headers of one stream. Each stream has its own: many are under way at once. */
export class TarHeaders {
  /** For one header after the other: hundreds of thousands of buffers would keep the collector busy. */
  readonly #scratch = Buffer.alloc(block);

  /**
   * The header of one member, in the GNU format that GNU tar, BusyBox and libarchive all read: names of any bytes, and
   * of any length by a header of their own before it. Times and owners are left to whoever unpacks. The bytes are good
   * until the next call.
   */
  of(member: TarMember): Buffer {
    const { path, text = '' } = member;
    const short = header(member, typeFlags[member.kind], this.#scratch);
    if (path.length <= 100 && text.length <= 100) return short;
    return Buffer.concat([...longName('L', path), ...longName('K', text), short]);
  }
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
  const own = header({ kind: 'file', path: '././@LongLink', mode: 0, size }, type, Buffer.alloc(block));
  return [own, content, paddingAfter(size)];
}

function header({ path, mode, size, text = '' }: TarMember, type: string, bytes: Buffer): Buffer {
  bytes.fill(0);
  bytes.write(path.slice(0, 100), 0, 'latin1');
  writeOctal(bytes, mode, 100, 7);
  writeOctal(bytes, 0, 108, 7);
  writeOctal(bytes, 0, 116, 7);
  if (size <= largestOctal) {
    writeOctal(bytes, size, 124, 11);
  } else {
    bytes.writeUInt8(0x80, 124);
    bytes.writeBigUInt64BE(BigInt(size), 128);
  }
  writeOctal(bytes, 0, 136, 11);
  bytes.write('        ', 148, 'latin1');
  bytes.write(type, 156, 'latin1');
  if (text !== '') bytes.write(text.slice(0, 100), 157, 'latin1');
  bytes.write('ustar  \0', 257, 'latin1');
  let sum = 0;
  for (let index = 0; index < block; index += 1) sum += bytes[index] ?? 0;
  writeOctal(bytes, sum, 148, 6);
  bytes.writeUInt8(0, 154);
  return bytes;
}

function writeOctal(bytes: Buffer, value: number, offset: number, width: number): void {
  let rest = value;
  for (let at = offset + width - 1; at >= offset; at -= 1) {
    bytes[at] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}
