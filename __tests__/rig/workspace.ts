import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from './temporary.ts';

/** Text, bytes, a link (`{ link: 'to' }`) or a program (`{ program: '#!/bin/sh…' }`). */
export type Content = string | Uint8Array | { readonly link: string } | { readonly program: string };

/** What a checkout of the user's repository would be: a directory with a config and whatever else a test needs. */
export interface Workspace extends AsyncDisposable {
  readonly path: string;
  write(files: Readonly<Record<string, Content>>): Promise<void>;
  /** Writes `shipper.json`; an object as JSON, a string as it is. */
  configure(config: object | string): Promise<void>;
}

export async function createWorkspace(
  config?: object | string,
  files: Readonly<Record<string, Content>> = {},
): Promise<Workspace> {
  const { path, [Symbol.asyncDispose]: dispose } = await temporaryDirectory('workspace');
  const write = async (more: Readonly<Record<string, Content>>): Promise<void> => {
    for (const [name, content] of Object.entries(more)) await put(join(path, name), content);
  };
  const configure = async (to: object | string): Promise<void> =>
    write({ 'shipper.json': typeof to === 'string' ? to : `${JSON.stringify(to, undefined, 2)}\n` });
  await write(files);
  if (config !== undefined) await configure(config);
  return { path, write, configure, [Symbol.asyncDispose]: dispose };
}

async function put(path: string, content: Content): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (typeof content === 'string' || content instanceof Uint8Array) await writeFile(path, content);
  else if ('link' in content) await symlink(content.link, path);
  else {
    await writeFile(path, content.program);
    await chmod(path, 0o755);
  }
}
