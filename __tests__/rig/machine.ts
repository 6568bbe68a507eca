import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { join } from 'node:path';
import { atExit } from './at-exit.ts';
import { findProgram } from './program.ts';
import { temporaryDirectory } from './temporary.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ShellOptions {
  /** Who runs it; default: root. */
  readonly user?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
}

/**
 * A Debian of its own, as a server is: a root on which everything may be changed, processes, users, a name and a
 * network card. All of it is gone with it, and nothing of it is seen outside.
 */
export interface Machine extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  /** Words that start a program there. */
  readonly enter: readonly string[];
  /** Its process 1, by its id outside. */
  readonly pid: number;
  /** Runs a script under `sh`; rejects with all that was printed unless it succeeds. Returns stdout without its last newline. */
  sh(script: string, options?: ShellOptions): Promise<string>;
  /** The same, whatever comes of it. */
  attempt(script: string, options?: ShellOptions): Promise<Ended>;
  /** Starts it and hands it over while it runs; its stdin is open. */
  start(script: string, options?: Omit<ShellOptions, 'stdin'>): ChildProcess;
}

export interface MachineOptions {
  readonly name: string;
  readonly address: string;
  /** Text of its /etc/hosts, its own name aside. */
  readonly hosts: string;
  /** Paths of this machine that are seen there at the same place. */
  readonly shared?: readonly string[];
  /** A program of this machine that is its /usr/local/bin/node. */
  readonly node?: string;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The Debian that `script/test-examples` has made. */
function systemRoot(): string {
  const root = process.env['SHIPPER_TEST_SYSTEM'];
  if (root === undefined) throw new Error('Run this by script/test-examples, which makes the Debian that it needs.');
  return root;
}

const boot = `set -e
system=$1 disk=$2 name=$3 node=$4
shift 4
mount -t tmpfs -o mode=755 tmpfs "$disk"
mkdir "$disk/upper" "$disk/work" "$disk/root"
mount -t overlay -o "lowerdir=$system,upperdir=$disk/upper,workdir=$disk/work" overlay "$disk/root"
root=$disk/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/php" "$root/run/sshd"
hostname "$name"
ip link set lo up
cat >"$root/etc/hosts"
for shared; do
  mkdir -p "$root$shared"
  mount --bind "$shared" "$root$shared"
done
if [ -n "$node" ]; then
  : >"$root/usr/local/bin/node"
  mount --bind "$node" "$root/usr/local/bin/node"
fi
echo started
exec chroot "$root" tini -- sleep infinity`;

/** Starts one, without a way to any other yet. Needs root. */
export async function startMachine({ name, address, hosts, shared = [], node = '' }: MachineOptions): Promise<Machine> {
  const unshare = await findProgram('unshare', 'util-linux');
  const nsenter = await findProgram('nsenter', 'util-linux');
  await using stack = new AsyncDisposableStack();
  const disk = stack.use(await temporaryDirectory('machine'));
  const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child'];
  const words = ['sh', '-c', boot, 'sh', systemRoot(), disk.path, name, node, ...shared];
  const child = spawn(unshare, [...namespaces, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(`127.0.0.1 localhost ${name}\n${hosts}`);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const closed = once(child, 'close');
  if ((await Promise.race([once(child.stdout, 'data'), closed])).toString() !== 'started\n') {
    throw new Error(`The machine ${name} did not start, which needs root and a Linux that lets it: ${complaint}`);
  }
  const pid = firstProcess(child);
  const forget = atExit(() => process.kill(pid, 'SIGKILL'));
  stack.defer(async () => {
    process.kill(pid, 'SIGKILL');
    await closed;
    forget();
  });
  const enter = [nsenter, '--target', String(pid), '--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--'];
  const held = stack.move();
  return { name, address, pid, enter, ...commandsOf(enter), [Symbol.asyncDispose]: async () => held.disposeAsync() };
}

function commandsOf(enter: readonly string[]): Pick<Machine, 'sh' | 'attempt' | 'start'> {
  const whole = (script: string, { user = 'root', cwd = '', env = {} }: ShellOptions): readonly string[] => {
    const given = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
    const begin = 'home=$(getent passwd "$1" | cut -d : -f 6); cd "${2:-$home}" && export HOME="$home" && eval "$3"';
    const who = user === 'root' ? [] : ['setpriv', '--reuid', user, '--regid', user, '--init-groups', '--'];
    const variables = [`PATH=${path}`, 'LANG=C.UTF-8', `USER=${user}`, ...given];
    return [...enter, 'env', '-i', ...variables, ...who, 'sh', '-c', begin, 'sh', user, cwd, script];
  };
  const attempt: Machine['attempt'] = async (script, options = {}) =>
    new Promise((resolve, reject) => {
      const [program = '', ...words] = whole(script, options);
      const child = execFile(program, words, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(new Error(`${script} was not run to its end: ${String(error?.message)}`));
      });
      child.stdin?.end(options.stdin ?? '');
    });
  return {
    attempt,
    sh: async (script, options) => {
      const { code, stdout, stderr } = await attempt(script, options);
      if (code !== 0) throw new Error(`Exit status ${code} of:\n${script}\n${stdout}${stderr}`);
      return stdout.replace(/\n$/, '');
    },
    start: (script, options = {}) => {
      const [program = '', ...words] = whole(script, options);
      return spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    },
  };
}

/** Process 1 of the namespaces that a child has made, by its id here. */
function firstProcess({ pid = 0 }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}

/** What a fresh server runs, by a stand-in for systemd: ssh and nothing else. */
export async function bootServer(machine: Machine): Promise<void> {
  const standIn = join(import.meta.dirname, 'systemctl');
  await machine.sh(
    'cat >/usr/bin/systemctl.new && chmod 755 /usr/bin/systemctl.new && mv /usr/bin/systemctl.new /usr/bin/systemctl',
    {
      stdin: readFileSync(standIn, 'utf8'),
    },
  );
  // Every server has keys of its own, though all start from one disk.
  await machine.sh('rm /etc/ssh/ssh_host_*; ssh-keygen -q -A; systemctl start ssh.service');
}
