import { lchownSync, mkdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { run } from './program.ts';

/** Copies a site at rest, owners included, as if all of it had been deployed there: that takes several runs. */
export async function copySite(from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  await run('cp', ['-a', '--', `${from}/.`, to]);
  // The two places in which a site says where it is.
  rmSync(`${to}/current`);
  symlinkSync(`${to}/revisions/${basename(readlinkSync(`${from}/current`))}`, `${to}/current`);
  writeFileSync(`${to}/revisions/.shipper/active`, `${to}/current\n`);
  const { uid, gid } = statSync(from);
  lchownSync(`${to}/current`, uid, gid);
}
