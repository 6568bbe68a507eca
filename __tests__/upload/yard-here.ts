import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Channel, Connection } from '../../src/ssh/connection-types.ts';
import { upload, type UploadOptions } from '../../src/upload/upload.ts';
import { localConnection, pathFor } from '../rig/local-connection.ts';
import { findProgram } from '../rig/program.ts';
import { silentLog } from '../rig/silent-log.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { placeTools } from './tools.ts';

/** Whose tools a target has; by `bsdtar`, a `cp` that knows POSIX only comes with it. */
export type Tools = 'GNU' | 'BusyBox' | 'bsdtar';

type Request = Partial<Pick<UploadOptions, 'from' | 'to' | 'umask' | 'exclude' | 'signal'>>;

/** A workspace and a target on this machine, without SSH between them. */
export interface YardHere extends AsyncDisposable {
  /** What is uploaded. */
  readonly site: string;
  readonly revisions: string;
  /** What the engine has logged. */
  readonly lines: readonly string[];
  /** Bytes that the last upload's script was sent on stdin, and those that it said. */
  bytes(): { readonly up: number; readonly down: number };
  path(revision: string): string;
  /** Makes a revision and uploads into it. */
  upload(revision: string, previous?: string, request?: Request): Promise<void>;
  /** Uploads into a revision that is there. */
  add(revision: string, previous?: string, request?: Request): Promise<void>;
}

export async function yardHere(tools: Tools): Promise<YardHere> {
  await using stack = new AsyncDisposableStack();
  const { path: directory } = stack.use(await temporaryDirectory('yard'));
  const [workspace, revisions] = [join(directory, 'workspace'), join(directory, 'revisions')];
  const site = join(workspace, 'site');
  const runDirectory = join(revisions, '.shipper/runs/run-1');
  for (const path of [workspace, site, revisions, runDirectory]) mkdirSync(path, { recursive: true });
  for (const path of [workspace, site, revisions]) chmodSync(path, 0o755);
  const local = localConnection(await toolsIn(directory, tools), directory);
  const lines: string[] = [];
  let last: Channel | undefined;
  const exec: Connection['exec'] = async (...request) => (last = await local.exec(...request));
  const connection: Connection = { ...local, exec };
  const log = { ...silentLog, info: (line: string) => void lines.push(line) };
  const path = (revision: string): string => join(revisions, revision);
  const add = async (revision: string, previous?: string, request: Request = {}): Promise<void> => {
    const target = { name: 'here', symlinks: [], revisions };
    const place = { target, connection, revision, previous, runDirectory };
    const destination = { ...place, stop: () => undefined, reconnect: async () => Promise.resolve(connection) };
    const { signal } = new AbortController();
    const what = { workspace, from: 'site', to: '.', exclude: [], umask: '022', log, signal, ...request };
    await upload({ destinations: [destination], revision, ...what });
  };
  const held = stack.move();
  return {
    ...{ site, revisions, lines, path, add },
    bytes: () => {
      const { stdin, stdout } = last ?? assert.fail('nothing was uploaded');
      assert.ok(stdin instanceof Socket && stdout instanceof Socket);
      return { up: stdin.bytesWritten, down: stdout.bytesRead };
    },
    upload: async (revision, previous, request) => {
      mkdirSync(path(revision));
      await add(revision, previous, request);
    },
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

async function toolsIn(directory: string, tools: Tools): Promise<string> {
  if (tools !== 'bsdtar') return pathFor(tools === 'GNU' ? 'dash' : 'busybox', directory);
  const posixCp = join(directory, 'posix-cp');
  const cp = await findProgram('cp', 'coreutils');
  await writeFile(posixCp, `#!/bin/sh\ncase $1 in --?*) exit 1 ;; esac\nexec ${cp} "$@"\n`, { mode: 0o755 });
  await placeTools(join(directory, 'bin'), { tar: await findProgram('bsdtar', 'libarchive-tools'), cp: posixCp });
  return join(directory, 'bin');
}
