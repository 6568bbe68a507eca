import type { Relay } from './relay.ts';

/**
 * How many round trips `work` takes through a relay: the slope of its duration over the added delay, to one decimal.
 * What it costs besides (processes that start, cryptography) does not count, and neither does the TCP handshake, which
 * the relay answers itself. Each delay is tried `tries` times, none at all three times as often since that is quick, and
 * the fastest one counts.
 */
export async function roundTrips(
  relay: Relay,
  work: () => Promise<unknown>,
  { delays = [0, 50, 100], tries = 1 }: { readonly delays?: readonly number[]; readonly tries?: number } = {},
): Promise<number> {
  const before = relay.delay;
  const points: { delay: number; milliseconds: number }[] = [];
  for (const delay of delays) {
    relay.delay = delay;
    points.push({ delay, milliseconds: await fastest(work, delay === 0 ? 3 * tries : tries) });
  }
  relay.delay = before;
  return Math.round(slope(points) * 10) / 10;
}

async function fastest(work: () => Promise<unknown>, tries: number): Promise<number> {
  let best = Infinity;
  for (let done = 0; done < tries; done += 1) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Least squares. */
function slope(points: readonly { readonly delay: number; readonly milliseconds: number }[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(points.map(({ delay }) => delay));
  const level = mean(points.map(({ milliseconds }) => milliseconds));
  const rise = mean(points.map(({ delay, milliseconds }) => (delay - middle) * (milliseconds - level)));
  return rise / mean(points.map(({ delay }) => (delay - middle) ** 2));
}
