import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atExit } from './at-exit.ts';
import { findProgram, run } from './program.ts';
import { temporaryDirectory } from './temporary.ts';

export type LoginShell = 'bash' | 'busybox' | 'dash' | 'fish' | 'rbash' | 'rksh' | 'tcsh' | 'zsh';

export interface UserOptions {
  /** Default `dash`. */
  readonly shell?: LoginShell | undefined;
  /** A line for every start-up file that the login shells read, such as `echo Welcome`. */
  readonly startup?: string | undefined;
  readonly password?: string | undefined;
}

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

const startupFiles = ['.profile', '.bashrc', '.zshenv', '.tcshrc', '.config/fish/config.fish'];

/** A user of this machine, with a home of its own, who is gone at disposal. Needs root. */
export async function createUser(options: UserOptions): Promise<User & AsyncDisposable> {
  if (process.getuid?.() !== 0) {
    throw new Error('This test needs a user of its own, which only root can make: sudo env "PATH=$PATH" script/test');
  }
  await using stack = new AsyncDisposableStack();
  const files = stack.use(await temporaryDirectory('user'));
  const shell = await loginShell(options.shell ?? 'dash', files.path);
  const skeleton = join(files.path, 'skeleton');
  await mkdir(skeleton);
  for (const file of options.startup === undefined ? [] : startupFiles) {
    await mkdir(dirname(join(skeleton, file)), { recursive: true });
    await writeFile(join(skeleton, file), `${options.startup ?? ''}\n`);
  }
  // An account whose password is "!" is locked, and sshd lets nobody in. "*" only matches no password.
  const secret =
    options.password === undefined ? '*' : (await run('openssl', ['passwd', '-6', options.password])).trim();
  const name = `shp${randomBytes(5).toString('hex')}`;
  await patiently('useradd', ['--create-home', '--skel', skeleton, '--shell', shell, '--password', secret, name]);
  const forget = atExit(() => spawnSync('userdel', ['--force', '--remove', name]));
  stack.defer(async () => {
    await patiently('userdel', ['--remove', name]);
    forget();
  });
  const entry = (await run('getent', ['passwd', name])).trim().split(':');
  const held = stack.move();
  return {
    name,
    uid: Number(entry[2]),
    gid: Number(entry[3]),
    home: entry[5] ?? '',
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

/** Shells that are what they are by the name under which they were started: that, the program, and its package. */
const goesByName: Partial<
  Record<LoginShell, { readonly name: string; readonly program: string; readonly from: string }>
> = {
  busybox: { name: 'ash', program: 'busybox', from: 'busybox' },
  rbash: { name: 'rbash', program: 'bash', from: 'bash' },
  rksh: { name: 'rksh', program: 'ksh93', from: 'ksh93u+m' },
};

async function loginShell(shell: LoginShell, directory: string): Promise<string> {
  const byName = goesByName[shell];
  if (byName === undefined) return findProgram(shell, shell);
  const named = join(directory, byName.name);
  await symlink(await findProgram(byName.program, byName.from), named);
  return named;
}

/** `useradd` and `userdel` fail at once while another one holds the password file. */
async function patiently(program: string, args: readonly string[], attempts = 50): Promise<void> {
  try {
    await run(program, args);
  } catch (error) {
    if (attempts <= 1 || !/cannot lock|try again|currently used/.test(String(error))) throw error;
    await sleep(100);
    await patiently(program, args, attempts - 1);
  }
}
