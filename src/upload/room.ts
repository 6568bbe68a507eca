import { size } from '../amounts.ts';
import { ShipperError } from '../errors.ts';
import type { Delta } from './delta.ts';

/** Most file systems give out space by this much. */
const unit = 4096;

export interface RoomOptions {
  readonly delta: Pick<Delta, 'sent' | 'sentBytes'>;
  /** Of the whole upload. */
  readonly bytes: number;
  /** Kilobytes that `df` found; empty where it cannot tell. */
  readonly free: string;
  /** Whether copies share their blocks with what is copied. */
  readonly shares: boolean;
  readonly target: string;
}

/** Throws UPLOAD where the disk of the target cannot hold the upload. */
export function requireRoom({ delta, bytes, free, shares, target }: RoomOptions): void {
  if (!/^\d+$/.test(free)) return;
  const available = Number(free) * 1024;
  const sent = delta.sent.reduce((sum, file) => sum + Math.ceil(file.size / unit) * unit, 0);
  const needed = sent + (shares ? 0 : bytes - delta.sentBytes);
  if (needed <= available) return;
  const missing = Math.ceil((needed - available) / 1_000_000);
  throw new ShipperError(
    'UPLOAD',
    `${target}: the disk is too full for the upload: it needs ${size(needed)}, ${size(available)} are free, ` +
      `${missing} MB are missing. Make room, or keep fewer revisions by revisions_to_keep`,
    { target },
  );
}
