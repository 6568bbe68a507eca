import { deferred } from './deferred.ts';

/**
 * Calls once that many milliseconds have passed, unless the function that it returns was called before; without a
 * number it never does. Where this process was busy for that long, what has arrived meanwhile comes first.
 */
export function after(milliseconds: number | undefined, call: () => void): () => void {
  if (milliseconds === undefined) return () => undefined;
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (immediate = setImmediate(call)), milliseconds);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}

/** What the promise comes to, or a rejection by `late()` once that many milliseconds have passed; see `after`. */
export async function within<T>(promise: Promise<T>, milliseconds: number | undefined, late: () => Error): Promise<T> {
  const limit = deferred<never>();
  const stop = after(milliseconds, () => limit.reject(late()));
  return Promise.race([promise, limit.promise]).finally(stop);
}

/** Resolves with what the promise comes to, or with undefined once that many milliseconds have passed. */
export async function patiently<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const patience = deferred<undefined>();
  const stop = after(milliseconds, () => patience.resolve(undefined));
  return Promise.race([promise, patience.promise]).finally(stop);
}
