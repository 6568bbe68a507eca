import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once this is so, looking every few milliseconds; rejects where it is not within two minutes. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 120_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`It never came to this: ${what}.`);
    await sleep(10);
  }
}
