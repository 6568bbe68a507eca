import { ShipperError } from '../errors.ts';
import { type LinkEntry, showPath } from './entry.ts';

/** Links that lead to links, at most; as many as Linux follows. */
const mostHops = 40;

/** A directory on the way, and what is known of it: nothing, where no link of the upload is in it or below it. */
interface Place {
  readonly above: Place | undefined;
  readonly known: Known | undefined;
}

/** A part of a path to a link. */
interface Known {
  readonly below: Map<string, Known>;
  text?: string;
  /** Where the link leads: `nowhere` for one that leads round in a circle, and while that is being found out. */
  end?: Place | 'nowhere';
}

/**
 * Throws UPLOAD for a link that leads out of the uploaded directory, by itself or by the links on its way, or over more
 * links than any system follows. Returns how many parts of paths it took: no more than all of them together have.
 */
export function refuseEscapes(prefix: string, links: readonly LinkEntry[]): number {
  const survey = new Survey();
  const all = links.map(({ path, text }) => ({ path: path.slice(prefix.length), text }));
  for (const { path, text } of all) survey.add(path, text);
  for (const { path, text } of all) {
    const problem = survey.problemOf(path);
    if (problem === undefined) continue;
    throw new ShipperError(
      'UPLOAD',
      `the symlink ${showPath(path)} → ${showPath(text)} ${problem}: upload what it leads to, or exclude it`,
    );
  }
  return survey.steps;
}

/** The links of an upload, of which each is followed once. */
class Survey {
  steps = 0;
  readonly #root: Known = { below: new Map() };

  add(path: string, text: string): void {
    let at = this.#root;
    for (const part of path.split('/')) {
      const next: Known = at.below.get(part) ?? { below: new Map() };
      at.below.set(part, next);
      at = next;
    }
    at.text = text;
  }

  problemOf(path: string): string | undefined {
    try {
      this.#walk({ above: undefined, known: this.#root }, path, 0);
      return undefined;
    } catch (error) {
      if (error instanceof Escape) return error.message;
      throw error;
    }
  }

  #walk(from: Place, path: string, hops: number): Place | 'nowhere' {
    let at = from;
    for (const part of path.split('/')) {
      this.steps += 1;
      if (part === '' || part === '.') continue;
      const next = part === '..' ? at.above : this.#enter(at, part, hops);
      if (next === undefined) throw new Escape('leads out of the uploaded directory');
      if (next === 'nowhere') return next;
      at = next;
    }
    return at;
  }

  #enter(at: Place, part: string, hops: number): Place | 'nowhere' {
    const known = at.known?.below.get(part);
    if (known?.text === undefined) return { above: at, known };
    if (known.end === undefined) {
      if (hops === mostHops) throw new Escape(`leads over more than ${mostHops} others`);
      if (/^(?:\/|[a-z]:)/i.test(known.text)) throw new Escape('is absolute, and leads out of the uploaded directory');
      known.end = 'nowhere';
      known.end = this.#walk(at, known.text, hops + 1);
    }
    return known.end;
  }
}

class Escape extends Error {}
