import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../rig/program.ts';

const plainTools = (
  'sh awk base64 cat chmod cp cut date dd df find getconf grep gzip head id kill ln ls mkdir mv od printf ps readlink ' +
  'rm rmdir sed setsid sha256sum sleep sort stat sync tail tar touch tr true uname wc xargs'
).split(' ');

/** Fills a directory with the tools that a target has at least, but for those that `other` gives by another program. */
export async function placeTools(directory: string, other: Readonly<Record<string, string>> = {}): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const tool of plainTools)
    await symlink(other[tool] ?? (await findProgram(tool, 'coreutils')), join(directory, tool));
}
