import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with the process ids in a file, once it has as many as that. */
export async function pidsIn(file: string, count: number): Promise<readonly number[]> {
  for (;;) {
    const pids = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : [];
    if (pids.length >= count) return pids;
    await sleep(10);
  }
}

/** How many milliseconds it takes until none of them runs; those left after the limit are an error. */
export async function gone(pids: readonly number[], limit: number): Promise<number> {
  const begin = performance.now();
  for (;;) {
    const left = pids.filter(isRunning);
    const taken = performance.now() - begin;
    if (left.length === 0) return taken;
    if (taken > limit) throw new Error(`${left.join(', ')} still running after ${Math.round(taken)} ms`);
    await sleep(10);
  }
}

export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}
