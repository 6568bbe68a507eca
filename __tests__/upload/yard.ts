import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../../src/ssh/connection-types.ts';
import { connect } from '../../src/ssh/connection.ts';
import { readHostKeys } from '../../src/ssh/host-key.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { upload } from '../../src/upload/upload.ts';
import { run } from '../rig/program.ts';
import type { Server } from '../rig/server.ts';
import { silentLog } from '../rig/silent-log.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

export interface UploadRequest {
  readonly from?: string;
  readonly to?: string;
  readonly exclude?: readonly string[];
  /** The active revision. */
  readonly previous?: string;
  readonly umask?: string;
  readonly signal?: AbortSignal;
}

/** A workspace and a server, with the engine between them and none of the steps around it. */
export interface Yard extends AsyncDisposable {
  readonly workspace: string;
  /** What the engine has logged. */
  readonly lines: readonly string[];
  /** Absolute path of a revision. */
  path(revision: string): string;
  /** Makes the directory of a revision, as the server's user. */
  make(revision: string): Promise<void>;
  /** Makes a revision and uploads `site` of the workspace into it, or what is asked for. */
  upload(revision: string, request?: UploadRequest): Promise<void>;
  /** Uploads into a revision that is there. */
  add(revision: string, request?: UploadRequest): Promise<void>;
  /** What `diff -r` and the modes of all files say about a directory of the workspace and one in a revision. */
  differences(revision: string, from?: string, to?: string): Promise<string>;
}

/** @param port of a relay in front of the server. */
export async function yardAt(server: Server, port = server.port): Promise<Yard> {
  await using stack = new AsyncDisposableStack();
  const { path: workspace } = stack.use(await temporaryDirectory('upload'));
  await mkdir(join(workspace, 'site'));
  const lines: string[] = [];
  const log = {
    ...silentLog,
    info: (line: string) => void lines.push(line),
    warning: (line: string) => void lines.push(line),
  };
  const hostKeys = readHostKeys({ knownHosts: server.knownHostsAt(port) });
  const credentials = { key: readPrivateKey(server.keyText) };
  const revisions = `${server.root}/revisions`;
  const target = { name: 'web1', host: server.host, port, user: server.user, proxyJump: [], symlinks: [], revisions };
  const open = async (): Promise<Connection> => connect(target, credentials, hostKeys, { log, connectTimeout: 10 });
  const path = (revision: string): string => `${revisions}/${revision}`;
  const make = async (revision: string): Promise<void> => {
    const connection = await open();
    const made = await connection.exec(`mkdir -p ${path(revision)} ${revisions}/.shipper/runs/run-1`);
    made.stdout.resume();
    made.stderr.resume();
    await made.closed;
    connection.end();
  };
  const add = async (revision: string, request: UploadRequest = {}): Promise<void> => {
    const { from = 'site', to = '.', exclude = [], previous, umask = '022' } = request;
    const connection = await open();
    try {
      const runDirectory = `${revisions}/.shipper/runs/run-1`;
      const place = { target, connection, runDirectory, revision, previous };
      const destination = { ...place, stop: () => undefined, reconnect: open };
      const signal = request.signal ?? new AbortController().signal;
      const what = { workspace, from, to, exclude, revision, umask, log, signal };
      await upload({ destinations: [destination], ...what });
    } finally {
      connection.end();
    }
  };
  const held = stack.move();
  return {
    ...{ workspace, lines, path, make, add },
    upload: async (revision, request) => {
      await make(revision);
      await add(revision, request);
    },
    differences: async (revision, from = 'site', to = '.') =>
      differences(join(workspace, from), join(path(revision), to)),
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

async function differences(one: string, other: string): Promise<string> {
  const modes = String.raw`find . \( -type l -printf '%P -> %l\0' -o -type f -printf '%P %m\0' -o -printf '%P/\0' \) | sort -z`;
  const script = `diff -r --no-dereference "$1" "$2" 2>&1
    (cd "$1" && ${modes}) >"$3/one"; (cd "$2" && ${modes}) >"$3/other"; cmp "$3/one" "$3/other" 2>&1; true`;
  await using directory = await temporaryDirectory('modes');
  return await run('sh', ['-c', script, 'sh', one, other, directory.path]);
}
