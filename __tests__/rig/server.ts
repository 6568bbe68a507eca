import { once } from 'node:events';
import { createServer, type Server as Listener } from 'node:net';
import type { ChildProcess } from 'node:child_process';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';
import type { KeyPair } from './keys.ts';
import { killOnce, killServer } from './processes.ts';
import { run } from './program.ts';
import type { User } from './user.ts';

/** A real SSH server on loopback with one user and one directory to deploy into. */
export interface Server extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly key: KeyPair;
  /** The user's private key, for the input `key`. */
  readonly keyText: string;
  /** The line for `known-hosts`. */
  readonly knownHosts: string;
  /** `SHA256:…` of the first host key. */
  readonly fingerprint: string;
  /** An empty directory that belongs to the user; free of symlinks in its path. */
  readonly root: string;
  /** The same host keys behind another port: that of a relay. */
  knownHostsAt(port: number): string;
  /** Runs a script under `sh` in `root` on this machine, not over SSH; returns stdout without its last newline. */
  sh(script: string): Promise<string>;
  /** Everything below `root`, sorted: `revisions/`, `revisions/1/index.html`, `current -> revisions/1`. */
  tree(): Promise<readonly string[]>;
  /** What the server has logged so far. */
  log(): string;
}

export interface ServerFacts {
  readonly port: number;
  readonly user: string;
  readonly key: KeyPair;
  readonly hostKeys: readonly string[];
  readonly fingerprint: string;
  readonly root: string;
  readonly log: () => string;
}

/** Gives a started server its common face; `stack` holds what there is to clean up. */
export function describeServer(facts: ServerFacts, stack: AsyncDisposableStack): Server {
  const { key, port, root, hostKeys, ...rest } = facts;
  const knownHostsAt = (at: number): string =>
    hostKeys.map((hostKey) => `[127.0.0.1]:${String(at)} ${hostKey}`).join('\n');
  return {
    ...rest,
    host: '127.0.0.1',
    port,
    key,
    root,
    keyText: key.text,
    knownHosts: knownHostsAt(port),
    knownHostsAt,
    sh: async (script) => (await run('sh', ['-c', script], root)).replace(/\n$/, ''),
    tree: async () => {
      const found = await run(
        'find',
        [
          '.',
          '-mindepth',
          '1',
          '-type',
          'd',
          '-printf',
          '%P/\\n',
          '-o',
          '-type',
          'l',
          '-printf',
          '%P -> %l\\n',
          '-o',
          '-printf',
          '%P\\n',
        ],
        root,
      );
      return found.split('\n').filter(Boolean).sort();
    },
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  };
}

/** Makes the directory to deploy into, owned by whoever the server lets in. */
export async function makeRoot(directory: string, user: User | undefined): Promise<string> {
  const root = join(directory, 'root');
  await mkdir(root);
  if (user !== undefined) await chown(root, user.uid, user.gid);
  return root;
}

/** Lets a user of the rig in, by the file in its home that servers without their own setting read. */
export async function authorize(user: User, key: KeyPair): Promise<void> {
  const directory = join(user.home, '.ssh');
  await mkdir(directory, { mode: 0o700 });
  await writeFile(join(directory, 'authorized_keys'), `${key.publicKey}\n`, { mode: 0o600 });
  await run('chown', ['-R', `${String(user.uid)}:${String(user.gid)}`, directory]);
}

/** The port on which a listener of this process listens. */
export function portOf(listener: Listener): number {
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The listener has no port');
  return address.port;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = portOf(probe);
  probe.close();
  await once(probe, 'close');
  return port;
}

export interface Started {
  readonly port: number;
  readonly log: () => string;
}

/**
 * Starts a server that listens by itself and resolves when its log says that it does. Another process may take the
 * port first; then it tries again with another one. The server and its sessions end with `stack` or with this process.
 */
export async function startListening(
  start: (port: number) => ChildProcess,
  ready: RegExp,
  stack: AsyncDisposableStack,
  attempts = 5,
): Promise<Started> {
  const port = await freePort();
  const child = start(port);
  let log = '';
  const settled = new Promise<boolean>((resolve) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (ready.test(log)) resolve(true);
    });
    child.once('close', () => resolve(false));
  });
  if (await settled) {
    const forget = atExit(() => killOnce(child.pid, port));
    stack.defer(async () => {
      await killServer(child.pid, port);
      forget();
    });
    return { port, log: () => log };
  }
  if (attempts > 1 && /in use/i.test(log)) return startListening(start, ready, stack, attempts - 1);
  throw new Error(`The server did not start: ${log}`);
}
