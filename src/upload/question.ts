import type { FileEntry } from './entry.ts';
import { writePath } from './manifest.ts';
import type { Outline, Stretch } from './outline.ts';

/** What the target has of what it was asked for. */
export interface Known {
  /** Files that are the same there at the same path, in the order of the target's list. */
  readonly same: readonly FileEntry[];
  /** Lines of the list that come before them. */
  readonly listed: number;
}

/** Where nothing was asked. */
export const nothingKnown: Known = { same: [], listed: 0 };

/**
 * What the runner asks a target, in one line: whether it has all of an outline, and else which stretches. About files
 * whose place something else took there, `isReplaced` by their path as the manifest has it, nothing is asked.
 */
export class Question {
  readonly line: string;
  readonly #outline: Outline;
  readonly #asked: readonly Stretch[];

  constructor(outline: Outline, isReplaced: (path: string) => boolean) {
    const { files, stretches, hash, measure } = outline;
    const isIntact = ({ start, end }: Stretch): boolean =>
      !files.slice(start, end).some(({ path }) => isReplaced(writePath(path)));
    const intact = stretches.filter(isIntact);
    this.#outline = outline;
    this.#asked = intact;
    const digests = intact.map(({ digest }) => digest).join('');
    const { least, bound, width } = measure;
    this.line = [intact.length === stretches.length ? hash : '-', least, bound, width, digests || '-'].join(' ');
  }

  /** Reads the target's answer; undefined where it makes no sense. */
  read(answer: string): Known | undefined {
    const [kind, ...numbers] = answer.split(' ');
    if (kind === 'same') return { same: this.#outline.files, listed: 0 };
    if (kind !== 'part') return kind === 'all' ? nothingKnown : undefined;
    const [listed = NaN, count = NaN, ...missing] = numbers.map(Number);
    const lacking = new Set(missing);
    const same = this.#asked
      .filter((_, index) => !lacking.has(index + 1))
      .flatMap(({ start, end }) => this.#outline.files.slice(start, end));
    return Number.isSafeInteger(listed) && same.length === count ? { same, listed } : undefined;
  }
}
