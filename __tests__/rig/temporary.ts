import { rmSync } from 'node:fs';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** A new directory, free of symlinks in its path, removed at disposal or at the latest when this process exits. */
export async function temporaryDirectory(purpose: string): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(await realpath(tmpdir()), `shipper-${purpose}-`));
  await chmod(path, 0o755); // A rig's own user has to get in.
  const forget = atExit(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      forget();
    },
  };
}
