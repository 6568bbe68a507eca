import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atExit } from '../../__tests__/rig/at-exit.ts';
import { findProgram } from '../../__tests__/rig/program.ts';
import { until } from '../../__tests__/rig/until.ts';
import type { Guest } from './guest.ts';

export type FileSystem = 'ext4' | 'xfs' | 'btrfs';

/** A running virtual machine, whose sshd answers on a port of 127.0.0.1. */
export interface Machine {
  readonly port: number;
  /** The power goes: what the guest had in its memory is gone, and nothing is written any more. */
  cut(): Promise<void>;
}

export interface Start {
  readonly guest: Guest;
  readonly directory: string;
  /** The image of the memory of a machine that waits for its disk. */
  readonly memory: string;
  readonly disk: string;
  readonly log: string;
  readonly type: FileSystem;
  readonly port: number;
}

/** KVM where the processor has it; software that plays its part is slower than QEMU's own. */
const accelerated =
  existsSync('/dev/kvm') && ['kvm_intel', 'kvm_amd'].some((name) => existsSync(`/sys/module/${name}`));
export const acceleration = accelerated ? 'KVM' : 'TCG, without hardware virtualisation';

/** Starts QEMU with one processor and the disk behind a log of its writes. Only the log says what a cut leaves. */
async function startQemu(start: Start, more: readonly string[]): Promise<ChildProcess> {
  const { guest, directory, disk, log, port } = start;
  await rm(log, { force: true });
  await writeFile(log, '');
  await truncate(log, 4 * 1024 ** 3); // Sparse: it ends where nothing was written.
  await rm(join(directory, 'console'), { force: true });
  const line = (name: string): string => `socket,id=${name},path=${join(directory, name)},server=on,wait=off`;
  const qemu = await findProgram('qemu-system-x86_64', 'qemu-system-x86');
  const child = spawn(
    'nice',
    [
      ...[
        '-n',
        process.env['NICE'] ?? '10',
        qemu,
        '-M',
        'pc',
        '-accel',
        accelerated ? 'kvm' : 'tcg',
        '-cpu',
        accelerated ? 'host' : 'max',
      ],
      ...['-m', '256', '-smp', '1', '-nodefaults', '-no-reboot', '-display', 'none'],
      ...['-kernel', guest.kernel, '-initrd', guest.initramfs, '-append', 'console=ttyS0 quiet rdinit=/init panic=-1'],
      ...['-chardev', `file,id=console,path=${join(directory, 'console')}`, '-serial', 'chardev:console'],
      ...['-chardev', line('line'), '-serial', 'chardev:line'],
      ...['-chardev', line('monitor'), '-mon', 'chardev=monitor,mode=readline'],
      ...['-blockdev', `driver=file,node-name=disk,filename=${disk},cache.no-flush=on`],
      ...['-blockdev', `driver=file,node-name=writes,filename=${log},cache.no-flush=on`],
      ...['-blockdev', 'driver=blklogwrites,node-name=logged,file=disk,log=writes'],
      ...['-device', 'virtio-blk-pci,drive=logged,discard=off,write-zeroes=off'],
      ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
      ...['-device', 'virtio-net-pci,netdev=net,romfile=', ...more],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const forget = atExit(() => child.kill('SIGKILL'));
  child.once('exit', forget);
  return child;
}

/** Connects to a line of QEMU, which makes the socket a moment before it listens there. */
async function lineTo(directory: string, name: string): Promise<Socket> {
  const path = join(directory, name);
  for (const end = performance.now() + 120_000; ;) {
    const socket = connect(path).on('error', () => undefined); // QEMU ends, and the line with it.
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    if (!socket.destroyed) return socket;
    if (performance.now() > end) throw new Error(`QEMU does not listen at its ${name}`);
    await sleep(50);
  }
}

async function printed(directory: string, text: string): Promise<void> {
  const console = join(directory, 'console');
  const read = (): string => (existsSync(console) ? readFileSync(console, 'utf8') : '');
  try {
    await until(`the machine says "${text}"`, () => read().includes(text));
  } catch (error) {
    throw new Error(`The machine never said "${text}":\n${read()}`, { cause: error });
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Boots a machine up to where it waits for its disk, and writes the image of its memory. */
export async function takeMemory(start: Start): Promise<void> {
  const child = await startQemu(start, []);
  await printed(start.directory, 'waiting for the disk');
  using monitor = disposable(await lineTo(start.directory, 'monitor'));
  const answer = collected(monitor.socket);
  monitor.socket.write(`stop\nmigrate "exec:cat >${start.memory}"\n`);
  await until('the image of the memory is written', () => {
    monitor.socket.write('info migrate\n');
    return answer().includes('Migration status: completed');
  });
  await kill(child);
}

/** Starts a machine that goes on from that image, with an id of its boot of its own, and mounts its disk. */
export async function boot(start: Start): Promise<Machine> {
  for (const name of ['line', 'monitor']) await rm(join(start.directory, name), { force: true });
  const child = await startQemu(start, ['-incoming', `exec:cat ${start.memory}`]);
  using line = disposable(await lineTo(start.directory, 'line'));
  using monitor = disposable(await lineTo(start.directory, 'monitor'));
  const answer = collected(monitor.socket);
  await until('the machine goes on', () => {
    monitor.socket.write('cont\ninfo status\n');
    return answer().includes('VM status: running');
  });
  // The first of what comes before the line is opened is lost.
  line.socket.write(`${' '.repeat(16)}${randomUUID()} ${Math.floor(Date.now() / 1000)} ${start.type}\n`);
  await printed(start.directory, 'Server listening');
  return { port: start.port, cut: async () => kill(child) };
}

function disposable(socket: Socket): Disposable & { readonly socket: Socket } {
  return { socket, [Symbol.dispose]: () => void socket.destroy() };
}

function collected(socket: Socket): () => string {
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => void (text += more));
  return () => text;
}
