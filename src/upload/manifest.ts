import { createHash } from 'node:crypto';
import { Breather } from './breather.ts';
import { closedLetter } from './closed.ts';
import { sha256 } from './content.ts';
import { type FileEntry, toBytes, type Tree } from './entry.ts';
import type { Hashes } from './hashes.ts';

const odd = /[\\\n\r]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\0134', '\n': '\\0012', '\r': '\\0015' };

/**
 * The manifest that a target keeps of an upload: a line for each file, sorted by its last word,
 * `SHA256 KIND SIZE PATH`. KIND is `x` for an executable file, else `f`, or a letter that says what is closed of it. In PATH a newline stands as `\0012`, a
 * carriage return as `\0015` and a backslash as `\0134`, so that a line is a line and sha256sum has nothing to escape;
 * every other byte stands for itself.
 */
export function manifestLine(hashes: Hashes, file: FileEntry): string {
  return `${hashes.get(file)} ${kindOf(file)} ${file.size} ${writePath(file.path)}`;
}

/** The name of an upload's manifest among those of a revision. */
export function keyOf(from: string, to: string): string {
  return sha256(`${from}\n${to}`).slice(0, 16);
}

export function kindOf({ executable, closed }: FileEntry): string {
  if (closed !== 0) return closedLetter(closed, executable);
  return executable ? 'x' : 'f';
}

/** Whether a line cannot hold the path as it is. */
export function isOdd(path: string): boolean {
  return odd.test(path);
}

export function writePath(path: string): string {
  return isOdd(path) ? path.replace(/[\\\n\r]/g, (byte) => escapes[byte] ?? byte) : path;
}

export function readPath(written: string): string {
  if (!written.includes('\\')) return written;
  return written.replace(/\\0(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** Whether a path of a manifest is that of one of these links, or below it: a link takes the place of what is there. */
export function replacedBy(links: readonly { readonly path: string }[]): (written: string) => boolean {
  const taken = links.map(({ path }) => writePath(toBytes(path)));
  return (written) => taken.some((path) => written === path || written.startsWith(`${path}/`));
}

/** Files in the order of a manifest. */
export function inManifestOrder(files: readonly FileEntry[]): readonly FileEntry[] {
  return files.some(({ path }) => isOdd(path)) ? [...files].sort(byWritten) : files;
}

/** The SHA-256 of a whole manifest, which the target must come to as well. */
export async function manifestHash({ files, hashes }: Tree): Promise<string> {
  const sorted = inManifestOrder(files);
  const breather = new Breather();
  const hash = createHash('sha256');
  for (let index = 0; index < sorted.length; index += 1000) {
    const lines = sorted.slice(index, index + 1000).map((file) => `${manifestLine(hashes, file)}\n`);
    hash.update(lines.join(''), 'latin1');
    if (breather.isDue) await breather.turn();
  }
  return hash.digest('hex');
}

function byWritten(one: FileEntry, other: FileEntry): number {
  return writePath(one.path) < writePath(other.path) ? -1 : 1;
}
