import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';
import { findProgram } from './program.ts';
import type { ScriptTarget } from './script-target.ts';
import { temporaryDirectory } from './temporary.ts';

/**
 * Another machine as far as a script can tell, on the same storage: it has processes with ids of their own, a name, and
 * an id of its start. Needs root.
 */
export interface Host extends AsyncDisposable {
  /** Words that start a program there. */
  readonly enter: readonly string[];
  /** Ends all that runs there at once, as a reset does, and starts it again. */
  reboot(): Promise<void>;
}

const bootId = '/proc/sys/kernel/random/boot_id';
const begin = `hostname "$1" && mount --bind "$2" ${bootId} && echo started && exec sleep 1000000`;

export async function startHost(name: string): Promise<Host> {
  const unshare = await findProgram('unshare', 'util-linux');
  const nsenter = await findProgram('nsenter', 'util-linux');
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory('host'));
  const file = join(directory.path, 'boot_id');
  const namespaces = ['--pid', '--uts', '--mount', '--mount-proc', '--fork', '--kill-child'];
  const start = async (): Promise<ChildProcess> => {
    await writeFile(file, `${randomUUID()}\n`);
    const child = spawn(unshare, [...namespaces, 'sh', '-c', begin, 'sh', name, file]);
    if ((await Promise.race([once(child.stdout, 'data'), once(child, 'close')])).toString() !== 'started\n') {
      throw new Error('The rig could not make namespaces: this test needs root, and a machine that lets it');
    }
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    const closed = once(child, 'close');
    process.kill(firstProcess(child), 'SIGKILL');
    await closed;
  };
  let machine = await start();
  const forget = atExit(() => process.kill(firstProcess(machine), 'SIGKILL'));
  stack.defer(async () => {
    await end(machine);
    forget();
  });
  const held = stack.move();
  return {
    get enter() {
      return [nsenter, '--target', String(firstProcess(machine)), '--pid', '--uts', '--mount', '--'];
    },
    reboot: async () => {
      await end(machine);
      machine = await start();
    },
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

/** The machine's process 1, by its id here: when it ends, the kernel kills all the others. */
function firstProcess({ pid = 0 }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}

/** From now on the shimmed runs of that site are those of this host, until it starts anew. */
export function runOn(site: ScriptTarget, host: Host): void {
  const enter = host.enter.map((word) => `'${word}'`).join(' ');
  site.shim('sh', `[ -n "\${RIG_HOST-}" ] || RIG_HOST=1 exec ${enter} "$0" "$@"`);
}

export interface Bystander {
  /** In that host's numbers. */
  readonly pid: string;
  /** When it began, as `/proc` counts. */
  readonly start: string;
  alive(): boolean;
}

/** A process of another program, until that host ends. */
export async function bystander(host: Host): Promise<Bystander> {
  const [program = '', ...words] = host.enter;
  const script = 'read -r stat </proc/$$/stat; set -- ${stat##*) }; echo $$ ${20}; exec sleep 1000000';
  const child = spawn(program, [...words, 'sh', '-c', script]);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [pid = '', start = ''] = line.toString().trim().split(' ');
  return { pid, start, alive: () => child.exitCode === null && child.signalCode === null };
}
