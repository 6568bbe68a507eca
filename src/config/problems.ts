import { type ErrorCode, type Position, type Problem, ShipperError } from '../errors.ts';

/** Who said it: a place in the file, a variable of the environment, or an input. */
export type Origin = { readonly at: Position } | { readonly variable: string } | { readonly input: string };

/** Reports one problem of a value; returns null, which stands for what was refused, so that a rule can end with it. */
export type Report = (sentence: string) => null;

interface Finding extends Problem {
  readonly code: ErrorCode;
}

function describe(origin: Origin, sentence: string): Finding {
  if ('at' in origin) return { code: 'CONFIG', message: sentence, at: origin.at };
  if ('variable' in origin) return { code: 'CONFIG', message: `${origin.variable}: ${sentence}` };
  return { code: 'INPUT', message: `input "${origin.input}": ${sentence}` };
}

function byPlace({ at: a }: Finding, { at: b }: Finding): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a.line - b.line || a.column - b.column;
}

/** So many are told one by one. */
const mostProblems = 200;

/** Collects everything that is wrong, so that one run reports all of it. No sentence may contain a value. */
export class Problems {
  readonly #findings: Finding[] = [];
  readonly #absences: Finding[] = [];

  add(origin: Origin, sentence: string): null {
    this.#findings.push(describe(origin, sentence));
    return null;
  }

  at(origin: Origin): Report {
    return (sentence) => this.add(origin, sentence);
  }

  /** Something required is not there. It counts only if all else is right, since what is wrong may be what is missing. */
  absent(code: 'INPUT' | 'CONFIG', sentence: string, origin?: Origin): void {
    this.#absences.push({ ...(origin === undefined ? { message: sentence } : describe(origin, sentence)), code });
  }

  /** Throws one error with all problems, in the order of their places; INPUT if only inputs are to blame. */
  throwIfAny(): void {
    const found = this.#findings.length > 0 ? this.#findings : this.#absences;
    if (found.length === 0) return;
    const unique = new Map(found.map((finding) => [JSON.stringify([finding.message, finding.at]), finding]));
    const problems = [...unique.values()].sort(byPlace);
    const code = problems.every((finding) => finding.code === 'INPUT') ? 'INPUT' : 'CONFIG';
    throw new ShipperError(code, [
      ...problems.slice(0, mostProblems).map(({ message, at }) => ({ message, at })),
      ...(problems.length > mostProblems ? [{ message: 'There are more problems than these.' }] : []),
    ]);
  }
}
