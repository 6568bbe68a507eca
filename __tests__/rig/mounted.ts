import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { atExit } from './at-exit.ts';
import { findProgram, run } from './program.ts';

/** Mounts a directory at `point`, which is made where it is missing; `tmpfs` mounts a file system of its own. Needs root. */
export async function mounted(source: string, point: string): Promise<AsyncDisposable> {
  const mount = await findProgram('mount', 'mount');
  const umount = await findProgram('umount', 'mount');
  mkdirSync(point, { recursive: true });
  await run(mount, source === 'tmpfs' ? ['-t', 'tmpfs', 'tmpfs', point] : ['--bind', source, point]);
  const forget = atExit(() => spawnSync(umount, ['-l', point]));
  return {
    async [Symbol.asyncDispose]() {
      spawnSync(umount, ['-l', point]); // A test may have done so.
      forget();
      return Promise.resolve();
    },
  };
}

/** How many mounts there are at or below a directory. */
export function mountsBelow(directory: string): number {
  const points = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return points.filter((line) => line.split(' ')[4]?.startsWith(directory) === true).length;
}
