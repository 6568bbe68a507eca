import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findProgram, run } from '../../__tests__/rig/program.ts';

/** What a machine starts from: Debian's kernel, and a memory file system with sshd and the tools of a target. */
export interface Guest {
  readonly kernel: string;
  readonly initramfs: string;
  readonly release: string;
}

/** The programs of this machine that the guest has: what a target needs, and BusyBox for what an administrator does. */
const tools = [
  ...['sh', 'awk', 'base64', 'busybox', 'cat', 'chmod', 'chown', 'cp', 'cut', 'date', 'df', 'env', 'find', 'getconf'],
  ...['grep', 'gzip', 'head', 'id', 'ln', 'ls', 'mkdir', 'mv', 'nproc', 'od', 'ps', 'pwd', 'readlink', 'rm', 'rmdir'],
  ...['sed', 'setsid', 'sha256sum', 'sleep', 'sort', 'stat', 'sync', 'tail', 'tar', 'test', 'touch', 'tr', 'true'],
  ...['uname', 'uniq', 'wc', 'xargs', 'sshd'],
];
const modules = ['virtio_pci', 'virtio_net', 'xxhash_generic', 'blake2b_generic', 'xfs', 'btrfs'];

/**
 * Waits for its disk on the second serial line: the host takes an image of the memory there, from which each later boot
 * goes on. What a boot has of its own, its id and its time, comes down that line.
 */
const init = (order: readonly string[]): string => `#!/bin/busybox sh
export PATH=/bin
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
${order.map((name) => `busybox insmod /lib/modules/${name}.ko`).join('\n')}
busybox ip link set lo up
busybox ip addr add 10.0.2.15/24 dev eth0
busybox ip link set eth0 up
busybox stty -F /dev/ttyS1 raw -echo
echo waiting for the disk
read -r boot_id seconds type </dev/ttyS1
date -s "@$seconds" >/dev/null
echo "$boot_id" >/run/boot_id
busybox mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
busybox insmod /lib/modules/virtio_blk.ko
busybox mount -t "$type" /dev/vda /site || echo the disk cannot be mounted
exec /bin/sshd -D -e
`;

async function fetchKernel(directory: string): Promise<string> {
  const depends = await run('apt-cache', ['depends', 'linux-image-cloud-amd64']);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error('apt knows no linux-image-cloud-amd64: run apt-get update on a Debian');
  const tree = join(directory, name);
  const there: readonly string[] = await readdir(tree).catch(() => []);
  if (!there.includes('boot')) {
    await mkdir(tree, { recursive: true });
    await run('apt-get', ['download', '-q', name], tree);
    const [archive = ''] = (await readdir(tree)).filter((file) => file.endsWith('.deb'));
    await run('dpkg-deb', ['-x', join(tree, archive), tree]);
    await rm(join(tree, archive));
  }
  return tree;
}

/** A program, or a script that is one, with the libraries that it is linked to. */
async function addProgram(root: string, name: string): Promise<void> {
  const file = await findProgram(name, name === 'sshd' ? 'openssh-server' : name);
  const linked = await run('ldd', [file]).catch(() => ''); // A static one has none.
  const libraries = [...linked.matchAll(/(?:=> )?(\/\S+)/g)].map(([, path = '']) => path);
  await copyFile(file, join(root, 'bin', name));
  for (const library of libraries) {
    await mkdir(join(root, dirname(library)), { recursive: true });
    await copyFile(library, join(root, library));
  }
}

/** The modules and those that they need, in an order in which they can be loaded; what is built in is not among them. */
async function addModules(root: string, tree: string): Promise<readonly string[]> {
  const found = (await run('find', [join(tree, 'lib/modules'), '-name', '*.ko'])).trim().split('\n');
  const files = new Map(found.map((file) => [basename(file, '.ko').replaceAll('-', '_'), file]));
  const order: string[] = [];
  const add = async (name: string): Promise<void> => {
    const file = files.get(name);
    if (file === undefined || order.includes(name)) return;
    const needs = /\0depends=([^\0]*)/.exec(await readFile(file, 'latin1'))?.[1] ?? '';
    for (const need of needs.split(',').filter(Boolean)) await add(need.replaceAll('-', '_'));
    order.push(name);
    await copyFile(file, join(root, 'lib/modules', `${name}.ko`));
  };
  for (const name of [...modules, 'virtio_blk']) await add(name);
  return order.filter((name) => name !== 'virtio_blk');
}

async function addAccounts(root: string, hostKey: string, publicKey: string): Promise<void> {
  const files = {
    'etc/passwd':
      'root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n',
    'etc/group': 'root:x:0:\ndeploy:x:1000:\n',
    'etc/ssh/sshd_config':
      'HostKey /etc/ssh/host_key\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\nSetEnv PATH=/bin\n',
    'etc/ssh/host_key': hostKey,
    'root/.ssh/authorized_keys': publicKey,
    'home/deploy/.ssh/authorized_keys': publicKey,
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(name)), { recursive: true });
    await writeFile(join(root, name), text, { mode: name.endsWith('host_key') ? 0o600 : 0o644 });
  }
}

/** Builds the guest in `directory`; the kernel's package is kept in `kept`. */
export async function buildGuest(
  directory: string,
  kept: string,
  keys: { readonly hostKey: string; readonly publicKey: string },
): Promise<Guest> {
  const tree = await fetchKernel(kept);
  const root = join(directory, 'root');
  for (const name of ['bin', 'dev', 'proc', 'run/sshd', 'site', 'sys', 'tmp', 'lib/modules']) {
    await mkdir(join(root, name), { recursive: true });
  }
  for (const tool of tools) await addProgram(root, tool);
  await writeFile(join(root, 'init'), init(await addModules(root, tree)), { mode: 0o755 });
  await addAccounts(root, keys.hostKey, keys.publicKey);
  const initramfs = join(directory, 'initramfs');
  await run('bsdtar', ['--format=newc', '--uid', '0', '--gid', '0', '-cf', initramfs, '.'], root);
  const [kernel = ''] = (await readdir(join(tree, 'boot'))).filter((file) => file.startsWith('vmlinuz-'));
  return { kernel: join(tree, 'boot', kernel), initramfs, release: kernel.replace('vmlinuz-', '') };
}
