import { deferred } from '../deferred.ts';
import { ShipperError } from '../errors.ts';

/** Waits for the work. Rejects with CANCELLED as soon as the signal is aborted, whatever the work does. */
export async function cancellable(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const cancelled = deferred();
  const cancel = () => cancelled.reject(new ShipperError('CANCELLED', 'the run was cancelled'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel);
  work.catch(() => undefined);
  try {
    await Promise.race([cancelled.promise, work]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * Waits for the work; once the signal is aborted, for so many milliseconds at the most. Resolves with whether it took
 * longer than that, and rejects as the work does.
 */
export async function isLate(work: Promise<void>, signal: AbortSignal, milliseconds: number): Promise<boolean> {
  const late = deferred<'late'>();
  let timer: NodeJS.Timeout | undefined;
  const hurry = () => (timer = setTimeout(() => late.resolve('late'), milliseconds));
  if (signal.aborted) hurry();
  else signal.addEventListener('abort', hurry, { once: true });
  try {
    return (await Promise.race([work, late.promise])) === 'late';
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', hurry);
  }
}
