import { existsSync, readFileSync } from 'node:fs';
import { until } from '../rig/until.ts';

/** Resolves with the process ids in a file, once it has as many as that. */
export async function pidsIn(file: string, count: number): Promise<readonly number[]> {
  const found = (): readonly number[] =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : [];
  await until(`${file} has ${count} process ids`, () => found().length >= count);
  return found();
}

/** Resolves once none of them runs. */
export async function gone(pids: readonly number[]): Promise<void> {
  await until(`${pids.join(', ')} have ended`, () => !pids.some(isRunning));
}

export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}
