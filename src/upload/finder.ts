import type { FileEntry } from './entry.ts';

/** Finds files by their path in a list that is sorted by it: at once when asked in that order, else by bisection. */
export class Finder {
  readonly #files: readonly FileEntry[];
  /** Where the next one is expected. */
  #next = 0;

  constructor(files: readonly FileEntry[]) {
    this.#files = files;
  }

  find(path: string): FileEntry | undefined {
    if (this.#files[this.#next]?.path !== path) this.#next = this.#bisect(path);
    const file = this.#files[this.#next];
    if (file?.path !== path) return undefined;
    this.#next += 1;
    return file;
  }

  /** The place of the first file whose path is not before this one. */
  #bisect(path: string): number {
    let [low, high] = [0, this.#files.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#files[middle]?.path ?? '') < path) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
