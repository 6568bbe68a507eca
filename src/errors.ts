/** Every way in which a run can fail, by the code that users and scripts may match on. */
export const errorCodes = [
  'INPUT',
  'CONFIG',
  'KEY',
  'HOST_KEY',
  'CONNECT',
  'AUTH',
  'LOCKED',
  'TARGET',
  'LISTENER',
  'UPLOAD',
  'CANCELLED',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** A place in a file of the workspace; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One cause of a failure. It becomes one annotation: at its place, if it has one. */
export interface Problem {
  readonly message: string;
  readonly at?: Position | undefined;
}

export interface ErrorFacts {
  /** Name of the target on which it happened. */
  readonly target?: string | undefined;
  /** Step or event in which it happened. */
  readonly step?: string | undefined;
  readonly at?: Position | undefined;
  readonly cause?: unknown;
}

/**
 * The only error that a user sees. The message says what happened and what to do about it; `problems` lists every
 * cause where there is more than one (a config has all its errors reported in one run).
 */
export class ShipperError extends Error {
  override readonly name = 'ShipperError';
  readonly code: ErrorCode;
  readonly target: string | undefined;
  readonly step: string | undefined;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, what: string | readonly Problem[], facts: ErrorFacts = {}) {
    const problems = typeof what === 'string' ? [{ message: what, at: facts.at }] : what;
    super(problems.map((problem) => problem.message).join('\n'), { cause: facts.cause });
    this.code = code;
    this.target = facts.target;
    this.step = facts.step;
    this.problems = problems;
  }
}

/** Whatever was thrown, as the error that a user sees. */
export function asShipperError(error: unknown): ShipperError {
  if (error instanceof ShipperError) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ShipperError('INTERNAL', `a fault of Shipper itself: ${text}`, { cause: error });
}
