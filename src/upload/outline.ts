import { createHash } from 'node:crypto';
import { Breather } from './breather.ts';
import type { FileEntry, Tree } from './entry.ts';
import { inManifestOrder, manifestLine } from './manifest.ts';

/** Lines of the manifest that follow each other and are asked for together. */
export interface Stretch {
  /** The first digits of the SHA-256 of these lines. */
  readonly digest: string;
  /** The first one of its files in the outline, and the first one after it. */
  readonly start: number;
  readonly end: number;
}

/** Where a stretch ends, the content of its last file says, so that both sides part what they share at the same places. */
export interface Measure {
  /** Lines of a stretch at least. */
  readonly least: number;
  /** From then on it ends after a line whose first two digits are below this, in the order of text. */
  readonly bound: string;
  /** Digits of a digest; a chance hit is met by the hash of the whole manifest. */
  readonly width: number;
}

/** A manifest in few words: a target that has one too finds by them where the two differ. */
export interface Outline {
  /** The SHA-256 of the whole manifest. */
  readonly hash: string;
  /** In the order of the manifest. */
  readonly files: readonly FileEntry[];
  readonly stretches: readonly Stretch[];
  readonly measure: Measure;
}

/** Lines after which a stretch ends in any case. */
const most = 64;

/** Short stretches, as long as there are not too many of them to ask for. */
function measureFor(files: number): Measure {
  const length = [8, 16, 32].find((each) => files / each <= 8_000) ?? most;
  return {
    least: length / 2,
    bound: (512 / length).toString(16).padStart(2, '0'),
    width: files / length <= 2_000 ? 8 : 10,
  };
}

/** The outline of a tree, all of whose files are hashed. */
export async function outlineOf({ files: found, hashes }: Tree): Promise<Outline> {
  const files = inManifestOrder(found);
  const measure = measureFor(files.length);
  const { least, bound, width } = measure;
  const breather = new Breather();
  const whole = createHash('sha256');
  const stretches: Stretch[] = [];
  let lines: string[] = [];
  for (const [index, file] of files.entries()) {
    const line = manifestLine(hashes, file);
    const count = lines.push(`${line}\n`);
    const ends = count >= least && (count >= most || line.slice(0, 2) < bound);
    if (!ends && index < files.length - 1) continue;
    const text = Buffer.from(lines.join(''), 'latin1');
    whole.update(text);
    const digest = createHash('sha256').update(text).digest('hex').slice(0, width);
    stretches.push({ digest, start: index + 1 - count, end: index + 1 });
    lines = [];
    if (breather.isDue) await breather.turn();
  }
  return { hash: whole.digest('hex'), files, stretches, measure };
}
