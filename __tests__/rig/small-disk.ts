import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';
import { findProgram, run } from './program.ts';

/** A file system of its own, small enough to be full. */
export interface SmallDisk extends AsyncDisposable {
  /** Takes every block that is left. */
  fill(): void;
  /** Takes every inode that is left. */
  takeInodes(): void;
  /** Gives back what was taken. */
  free(): void;
}

const page = 4096;

/** Mounts one megabyte and 200 inodes at `path`, which is made where it is missing. Needs root. */
export async function mountSmallDisk(path: string): Promise<SmallDisk> {
  if (process.getuid?.() !== 0) {
    throw new Error('This test mounts a file system, which only root can: sudo env "PATH=$PATH" script/test');
  }
  const mount = await findProgram('mount', 'mount');
  const umount = await findProgram('umount', 'mount');
  mkdirSync(path, { recursive: true });
  await run(mount, ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=200,mode=755', 'tmpfs', path]);
  const forget = atExit(() => spawnSync(umount, ['-l', path]));
  const ballast = join(path, '.ballast');
  mkdirSync(ballast);
  const untilFull = (take: (index: number) => void): void => {
    for (let index = 0; ; index += 1) {
      try {
        take(index);
      } catch (error) {
        if (String(error).includes('ENOSPC')) return;
        throw error;
      }
    }
  };
  return {
    fill(): void {
      const file = openSync(join(ballast, 'blocks'), 'a');
      untilFull(() => writeSync(file, Buffer.alloc(page)));
      closeSync(file);
    },
    takeInodes: () => untilFull((index) => writeFileSync(join(ballast, `inode${index}`), '')),
    free(): void {
      rmSync(ballast, { recursive: true, force: true });
      mkdirSync(ballast);
    },
    async [Symbol.asyncDispose]() {
      await run(umount, ['-l', path]);
      forget();
    },
  };
}
