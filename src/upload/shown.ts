import { asShipperError, ShipperError } from '../errors.ts';
import type { Access } from '../remote/opening.ts';
import { limits } from '../remote/limits.ts';
import { unpack } from './compress.ts';
import { Conversation } from './conversation.ts';
import { linesOf } from './index-of-target.ts';

/** A manifest that a target has of its active revision. */
export interface Shown {
  /** Which upload it is of. */
  readonly key: string;
  readonly packing: string;
  readonly packed: Buffer;
}

export interface ShownRequest {
  readonly access: Access;
  readonly target: { readonly name: string; readonly revisions: string };
  /** The revision that it is about. */
  readonly revision: string;
  readonly signal: AbortSignal;
}

/** Asks a target what a revision was uploaded with, and changes nothing there. In the order of the uploads. */
export async function shown({ access, target, revision, signal }: ShownRequest): Promise<readonly Shown[]> {
  const words = ['upload', 'revisions', target.revisions, 'previous', revision, 'round', 'show'];
  const conversation = await Conversation.start(access, target.name, words, signal);
  const manifests: Shown[] = [];
  let room: number = limits.index.packed; // For all of them.
  try {
    for (;;) {
      const { kind, values } = await conversation.fact();
      if (kind === 'done') break;
      const [key = '', packing = '', length = ''] = values;
      if (kind !== 'manifest') throw conversation.failure(`the target said ${kind} instead of manifest`);
      const packed = await conversation.block(length, room);
      manifests.push({ key, packing, packed });
      room -= packed.length;
    }
    await conversation.ended();
    return manifests;
  } catch (error) {
    conversation.close();
    throw error;
  }
}

/** Digits of a hash that `showing.sh` leaves of it. */
export const shownDigits = 16;

/** A file as a manifest has it; the hash is cut. */
export interface ShownFile {
  readonly content: string;
  readonly kind: string;
  readonly bytes: number;
}

/** The files of these manifests by their path, which is written as manifests write it. What was uploaded later counts. */
export async function filesOf(manifests: readonly Shown[]): Promise<ReadonlyMap<string, ShownFile>> {
  const files = new Map<string, ShownFile>();
  let room: number = limits.index.unpacked; // For all of them.
  for (const { packing, packed } of manifests) {
    const text = await unpack(packing, packed, Math.max(1, room)).catch((cause: unknown) => {
      throw new ShipperError('UPLOAD', asShipperError(cause).message, { cause });
    });
    if (text === undefined || text.length > room)
      throw new ShipperError('UPLOAD', 'the list of the files that are there is too long to be compared');
    room -= text.length;
    for (const line of linesOf(text)) {
      const [, content = '', kind = '', bytes = '', path] = /^([^ ]+) ([^ ]+) (\d+) (.+)$/s.exec(line) ?? [];
      if (path !== undefined) files.set(path, { content, kind, bytes: Number(bytes) });
    }
  }
  return files;
}
