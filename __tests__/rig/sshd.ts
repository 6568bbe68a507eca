import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { generateKey, type KeyPair, type KeyType } from './keys.ts';
import { findProgram, run } from './program.ts';
import { describeServer, makeRoot, startListening, type Server } from './server.ts';
import { temporaryDirectory } from './temporary.ts';
import { createUser, type UserOptions } from './user.ts';

/**
 * As root, the user is one of its own: root's start-up files are not the rig's to depend on. Otherwise it is whoever
 * runs the tests, unless `shell`, `startup` or `password` ask for more.
 */
export interface SshdOptions extends UserOptions {
  readonly hostKeys?: readonly KeyType[];
  /** Makes a certificate for a host key, beside its file. */
  readonly certify?: (hostKey: KeyPair) => Promise<unknown>;
  /** Words that start it, before its own. */
  readonly start?: readonly string[];
  readonly userKey?: KeyType;
  readonly passphrase?: string;
  readonly forceCommand?: string;
  /** What stands before the key in authorized_keys, such as `restrict`. */
  readonly authorizedKeysOptions?: string;
  readonly maxSessions?: number;
  /** `busybox`: sessions find BusyBox's `sh` and tools first in their PATH. */
  readonly tools?: 'busybox';
  /** More lines for sshd_config; the first value of an option counts, and these come first. */
  readonly config?: readonly string[];
  /** Lines for the end of sshd_config, such as `Match LocalAddress 127.0.0.2` and what counts there. */
  readonly matches?: readonly string[];
}

/** Starts OpenSSH's sshd on a free port of 127.0.0.1. */
export async function startSshd(options: SshdOptions = {}): Promise<Server> {
  const sshd = await findProgram('sshd', 'openssh-server');
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory('sshd'));
  const own =
    process.getuid?.() === 0 ||
    options.shell !== undefined ||
    options.startup !== undefined ||
    options.password !== undefined;
  const user = own ? stack.use(await createUser(options)) : undefined;
  const types = options.hostKeys ?? ['ed25519'];
  const hostKeys = await Promise.all(types.map(async (type) => generateKey(join(path, `host_${type}`), type)));
  for (const hostKey of hostKeys) await options.certify?.(hostKey);
  const key = await generateKey(join(path, 'user_key'), options.userKey, options.passphrase);
  const prefix = options.authorizedKeysOptions === undefined ? '' : `${options.authorizedKeysOptions} `;
  await writeFile(join(path, 'authorized_keys'), `${prefix}${key.publicKey}\n`);
  const root = await makeRoot(path, user);
  const config = join(path, 'sshd_config');
  await writeFile(
    config,
    (
      await lines(
        options,
        path,
        hostKeys.map(({ file }) => file),
      )
    ).join('\n') + '\n',
  );
  // Compiled into sshd; a package's start script makes it, which has not run in a container.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const [program, ...words] = [...(options.start ?? []), sshd, '-D', '-e', '-f', config];
  const { port, log } = await startListening(
    (at) => spawn(program, [...words, '-p', String(at)], { stdio: ['ignore', 'ignore', 'pipe'] }),
    /Server listening on/,
    stack,
  );
  const facts = { port, log, root, key, user: user?.name ?? userInfo().username };
  const publicKeys = hostKeys.map(({ publicKey }) => publicKey);
  return describeServer({ ...facts, hostKeys: publicKeys, fingerprint: hostKeys[0]?.fingerprint ?? '' }, stack.move());
}

async function lines(options: SshdOptions, path: string, hostKeys: readonly string[]): Promise<readonly string[]> {
  return [
    ...(options.config ?? []),
    'ListenAddress 127.0.0.1',
    ...hostKeys.map((file) => `HostKey ${file}`),
    ...(options.certify === undefined ? [] : hostKeys.map((file) => `HostCertificate ${file}-cert.pub`)),
    `AuthorizedKeysFile ${join(path, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    `PasswordAuthentication ${options.password === undefined ? 'no' : 'yes'}`,
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'PidFile none',
    'LogLevel VERBOSE',
    'Subsystem sftp internal-sftp',
    ...(options.maxSessions === undefined ? [] : [`MaxSessions ${String(options.maxSessions)}`]),
    ...(options.forceCommand === undefined ? [] : [`ForceCommand ${options.forceCommand}`]),
    ...(options.tools === undefined ? [] : [`SetEnv PATH=${await busyboxTools(path)}:/usr/bin:/bin`]),
    ...(options.matches ?? []),
  ];
}

async function busyboxTools(path: string): Promise<string> {
  const directory = join(path, 'busybox');
  await mkdir(directory);
  await run(await findProgram('busybox', 'busybox'), ['--install', '-s', directory]);
  return directory;
}
