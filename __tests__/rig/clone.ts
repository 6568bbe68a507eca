import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './program.ts';
import { temporaryDirectory } from './temporary.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Clone extends AsyncDisposable {
  readonly path: string;
  /** What is in it, by path. */
  readonly files: readonly string[];
  git(...args: readonly string[]): Promise<string>;
}

/** A repository of its own with what is in this one now and git does not ignore: one commit, no packages, nothing generated. */
export async function cloneOfThis(): Promise<Clone> {
  const directory = await temporaryDirectory('clone');
  const path = join(directory.path, 'shipper');
  const known = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = (await run('git', ['-C', root, ...known])).split('\0');
  const files = listed.filter((file) => file !== '' && existsSync(join(root, file)));
  await mkdir(path);
  await run('cp', ['-P', '--parents', '--', ...files, path], root);
  const who = ['-c', 'user.name=someone', '-c', 'user.email=someone@example.com', '-c', 'commit.gpgsign=false'];
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', ['-C', path, ...who, ...args])).trim();
  await run('git', ['init', '-q', '-b', 'main', path]);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'everything');
  return { path, files, git, [Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose]() };
}
