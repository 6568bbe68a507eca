import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './program.ts';

const kept = join(import.meta.dirname, '..', '..', '.cache', 'nodes');

/**
 * The path of a Node of exactly this version, such as `20.19.0`. It comes from the npm registry once, which checks it,
 * and is then kept.
 */
export async function oldNode(version: string): Promise<string> {
  const directory = join(kept, version);
  const program = join(directory, 'bin', 'node');
  if (await exists(program)) return program;
  await mkdir(kept, { recursive: true });
  // Made beside and then put in place: two test files may want it at once.
  const beside = await mkdtemp(`${directory}-`);
  try {
    const name = `node-linux-${process.arch}@${version}`;
    const archive = (await run('npm', ['pack', '--silent', '--pack-destination', beside, name], beside)).trim();
    await run('tar', ['-xzf', archive, '--strip-components', '1', 'package/bin'], beside);
    await rename(beside, directory).catch(async (error: unknown) => {
      if (!(await exists(program))) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return program;
}

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
