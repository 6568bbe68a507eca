import ignore, { type Ignore } from 'ignore';
import { ShipperError } from '../errors.ts';

/** A path in the workspace, with `/`; a directory's ends with one. */
type WorkspacePath = string;

/**
 * What an upload leaves out, by gitignore's rules: a `.shipignore` counts for its directory and below, a deeper one
 * goes before one above it, and the patterns of `exclude`, which start at the uploaded directory, before them all.
 */
export class Ignored {
  readonly #rules: readonly string[];
  readonly #last: readonly string[];
  readonly #matcher: Ignore | undefined;

  private constructor(rules: readonly string[], last: readonly string[]) {
    this.#rules = rules;
    this.#last = last;
    // `ignore` pays no heed to case unless told to.
    if (rules.length + last.length > 0) this.#matcher = ignore({ ignorecase: false }).add([...rules, ...last]);
  }

  /** @param directory that the patterns of `exclude` start from; empty for the workspace. */
  static excluding(directory: string, exclude: readonly string[]): Ignored {
    check(exclude, (number) => `"exclude", entry ${number}`);
    return new Ignored([], anchored(directory, exclude));
  }

  /** The same and, below this directory, the rules of the `.shipignore` in it. */
  with(directory: string, shipignore: string): Ignored {
    const lines = shipignore.split(/\r?\n/);
    check(lines, (number) => `${directory === '' ? '' : `${directory}/`}.shipignore, line ${number}`);
    return new Ignored([...this.#rules, ...anchored(directory, lines)], this.#last);
  }

  /** Whether nothing is left out. */
  get isEmpty(): boolean {
    return this.#matcher === undefined;
  }

  has(path: WorkspacePath): boolean {
    return this.#matcher?.ignores(path) === true;
  }
}

/** With more, one long name could take the matcher for ever. */
const mostStars = 10;

/** Throws an UPLOAD error at the first line that is no pattern. */
function check(lines: readonly string[], place: (number: number) => string): void {
  for (const [index, line] of lines.entries()) {
    const refuse = (why: string): ShipperError => new ShipperError('UPLOAD', `${place(index + 1)}: "${line}" ${why}.`);
    if ((line.match(/\*+/g) ?? []).length > mostStars) throw refuse(`has more than ${mostStars} stars`);
    try {
      ignore().add(line.replace(/^!/, '')).ignores('a'); // It compiles a negated one only where it needs it.
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw refuse('is no pattern: is a "[" without its "]"? A "\\" before it makes it an ordinary character');
    }
  }
}

/** Rules of a directory as rules of the workspace. */
function anchored(directory: string, lines: readonly string[]): readonly string[] {
  const rules = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (directory === '') return rules;
  const place = directory.replace(/[\\*?[\]!#]/g, '\\$&');
  return rules.map((line) => {
    const negated = line.startsWith('!') ? '!' : '';
    const pattern = line.slice(negated.length);
    if (pattern.startsWith('/')) return `${negated}/${place}${pattern}`;
    const deep = pattern.replace(/\/\s*$/, '').includes('/') ? '' : '**/';
    return `${negated}/${place}/${deep}${pattern}`;
  });
}
