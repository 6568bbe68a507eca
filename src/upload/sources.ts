import type { IndexedFile } from './index-of-target.ts';

/** One directory has become another. */
interface Move {
  readonly from: string;
  readonly to: string;
}

const mostMoves = 8;

/** Of a content that is there often, this many places are looked at closely. */
const mostPlaces = 16;

/** Bytes from which a file whose very name changed, which the target has to copy by itself, is not rather sent. */
const worthOneCopy = 32 * 1024;

/**
 * Finds where on the target the content of a file is. Where there are several places it prefers the one that makes the
 * file part of a directory that moved: the target copies such files together.
 */
export class Sources {
  readonly #places = new Map<string, IndexedFile[]>();
  #moves: readonly Move[] = [];

  /** @param wanted the contents that will be asked for. */
  constructor(wanted: ReadonlySet<string>) {
    for (const content of wanted) this.#places.set(content, []);
  }

  wants(content: string): boolean {
    return this.#places.has(content);
  }

  add(file: IndexedFile): void {
    this.#places.get(file.content)?.push(file);
  }

  /** The line of the index with that content, if there is one that is worth it. */
  find(path: string, content: string, size: number): number | undefined {
    const places = this.#places.get(content) ?? [];
    if (places.length === 0 || size === 0) return undefined;
    for (const { from, to } of this.#moves) {
      const old = path.startsWith(to) ? from + path.slice(to.length) : undefined;
      const moved = old === undefined ? undefined : places.find((place) => place.path === old);
      if (moved !== undefined) return moved.line;
    }
    const common = places.slice(0, mostPlaces).map((place) => commonEnd(place.path, path));
    const longest = Math.max(...common);
    const best = places[common.indexOf(longest)];
    if (longest === 0 && size < worthOneCopy) return undefined;
    if (best !== undefined && longest > 0) {
      const move = { from: best.path.slice(0, -longest), to: path.slice(0, -longest) };
      this.#moves = [move, ...this.#moves].slice(0, mostMoves);
    }
    return best?.line;
  }
}

/** Length of the part that two paths have in common at their ends, in whole names with the slash before them. */
function commonEnd(one: string, other: string): number {
  let length = 0;
  for (let at = 1; at <= one.length && at <= other.length && one.at(-at) === other.at(-at); at += 1) {
    if (one.at(-at) === '/') length = at;
  }
  return length;
}
