import type { RunLog } from '../log.ts';

/** The log of a run, with what only its outermost layer needs. */
export interface FaceLog extends RunLog {
  /** Tells a failure: one error for each cause, at its place where it has one. */
  fail(error: unknown): void;
  /** Ends what is open. To be called once, when the run is over. */
  close(): void;
}

/** Milliseconds since some fixed moment. */
export type Clock = () => number;

/** `12 ms`, `1.2 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  if (whole < 1000) return `${whole} ms`;
  const tenths = Math.round(whole / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(whole / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A name and how long it took, aligned for the names of the steps. */
export const timed = (name: string, milliseconds: number): string =>
  `${name.padEnd(28)} … ${duration(milliseconds).padStart(8)}`;

/** Where a cause arose, for the debug log; without its message, since that of a parser may quote a secret value. */
export function origin(cause: Error): string {
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`Caused by ${cause.name}`, ...frames].join('\n');
}
