import { open, type FileHandle } from 'node:fs/promises';
import type { Random } from '../fuzzing/inputs.ts';

/** What becomes of the writes that the disk had in its cache, unflushed, when the power went. */
export type Fate = 'all are lost' | 'all are there' | 'some are there';
export const fates: readonly Fate[] = ['all are lost', 'some are there', 'all are there'];

interface Write {
  readonly offset: number;
  readonly data: Buffer;
}

const flags = { flush: 1n, fua: 2n, discard: 4n } as const;

/**
 * Brings a disk to where a power cut leaves it. `log` is what QEMU's blklogwrites wrote, in the format of the kernel's
 * dm-log-writes: all writes in their order, and the flushes. What was written before the last flush is on the disk; of
 * the rest, any part may be, in any order, and a write may be torn at a sector of 512 bytes.
 */
export async function replay(log: string, image: string, fate: Fate, random: Random): Promise<number> {
  await using from = await open(log, 'r');
  await using to = await open(image, 'r+');
  let pending: Write[] = [];
  for await (const write of entries(from)) {
    if (write !== 'flush') pending.push(write);
    else {
      await put(to, pending);
      pending = [];
    }
  }
  await put(
    to,
    pending.map((write) => kept(write, fate, random)).filter((write) => write !== undefined),
  );
  return pending.length;
}

function kept(write: Write, fate: Fate, random: Random): Write | undefined {
  if (fate === 'all are there') return write;
  if (fate === 'all are lost' || random(2) === 0) return undefined;
  const sectors = write.data.length / 512;
  return random(4) > 0 ? write : { ...write, data: write.data.subarray(0, random(sectors + 1) * 512) };
}

async function put(to: FileHandle, writes: readonly Write[]): Promise<void> {
  for (const { offset, data } of writes) await to.write(data, 0, data.length, offset);
}

async function* entries(from: FileHandle): AsyncGenerator<Write | 'flush'> {
  const head = await bytes(from, 0, 28);
  const magic = head.readBigUInt64LE(0);
  if (magic === 0n) return; // Nothing was flushed yet.
  if (magic !== 0x6a736677736872n) throw new Error('QEMU has written no log of writes');
  const sector = head.readUInt32LE(24);
  for (let at = sector; ;) {
    const entry = await bytes(from, at, 32);
    const [start, count, flag] = [0, 8, 16].map((offset) => entry.readBigUInt64LE(offset));
    if (count === 0n && flag === 0n) return;
    if (flag === undefined || start === undefined || (flag & flags.discard) !== 0n) {
      throw new Error('The log of writes has an entry that is neither a write nor a flush');
    }
    const length = Number(count) * sector;
    if ((flag & flags.flush) !== 0n) yield 'flush';
    if (length > 0) yield { offset: Number(start) * sector, data: await bytes(from, at + sector, length) };
    if ((flag & flags.fua) !== 0n) yield 'flush';
    at += sector + length;
  }
}

async function bytes(from: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  await from.read(buffer, 0, length, at);
  return buffer;
}
