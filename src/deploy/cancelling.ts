import { deferred } from '../deferred.ts';
import { ShipperError } from '../errors.ts';
import type { RunLog } from '../log.ts';
import type { Moment } from './moments.ts';
import type { Site } from './site.ts';

/** Whether whoever started the run cancelled it; else, what aborted it is a failure like others. */
export function isCancelled({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof ShipperError);
}

/**
 * Waits for the work. Rejects as soon as the signal is aborted, whatever the work does: with its reason, where that says
 * what failed, else with CANCELLED.
 */
export async function cancellable(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const cancelled = deferred();
  const cancel = () => {
    const reason: unknown = signal.reason;
    cancelled.reject(reason instanceof ShipperError ? reason : new ShipperError('CANCELLED', 'the run was cancelled'));
  };
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

/** Waits between two waves. Rejects as soon as a target is lost meanwhile: all of them hold their locks. */
export async function pause(
  { seconds, wave }: Extract<Moment, { kind: 'pause' }>,
  sites: readonly Site[],
  log: RunLog,
): Promise<void> {
  const until = new Date(Date.now() + seconds * 1000).toISOString().slice(11, 19);
  const next = wave === undefined ? 'the next wave' : `wave ${wave.number} of ${wave.of}`;
  log.info(`pausing ${seconds} s: ${next} begins at ${until} UTC`);
  const over = deferred();
  const timer = setTimeout(over.resolve, seconds * 1000);
  try {
    await Promise.race([over.promise, ...sites.map(async (site) => site.ends())]);
  } finally {
    clearTimeout(timer);
  }
}
