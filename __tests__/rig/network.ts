import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootServer, startMachine, type Machine } from './machine.ts';
import { findProgram, run } from './program.ts';
import { temporaryDirectory } from './temporary.ts';

/** A runner and the servers that it can reach, with names and addresses of their own. */
export interface Network extends AsyncDisposable {
  /** Where workflows and terminals run: it sees this repository and the temporary files of the tests. */
  readonly runner: Machine;
  /** A program that runs the runner's Node there, in the directory that it is started in. */
  readonly node: string;
  /** Starts a server with nothing but ssh running. */
  server(name: string): Promise<Machine>;
}

export interface Host {
  readonly address: string;
  /** The host that it can be reached from; default: the runner. Only that one and its neighbours there reach it. */
  readonly behind?: string;
}

const repository = join(import.meta.dirname, '..', '..');

/** Starts the runner; the servers start when they are asked for. Names lead to addresses on all of them. */
export async function startNetwork(hosts: Readonly<Record<string, Host>>): Promise<Network> {
  await using stack = new AsyncDisposableStack();
  const held = stack.use(new AsyncDisposableStack());
  const text = Object.entries(hosts).map(([name, { address }]) => `${address} ${name}\n`);
  const start = async (name: string, address: string, more: object = {}): Promise<Machine> =>
    held.use(await startMachine({ name, address, hosts: text.join(''), ...more }));
  const shared = [repository, tmpdir()];
  const runner = await start('runner', '203.0.113.1', { shared, node: process.execPath });
  const hubs = new Map<string, Machine>([['runner', runner]]);
  const node = join(held.use(await temporaryDirectory('node')).path, 'node');
  const enter = runner.enter.map((word) => `'${word}'`).join(' ');
  // bash and env hand over variables whose names have a hyphen, as those of inputs do; dash drops them.
  await writeFile(node, `#!/bin/bash\nexec ${enter} env --chdir="$PWD" node "$@"\n`);
  await chmod(node, 0o755);
  const bridged = new Set<string>();
  const server = async (name: string): Promise<Machine> => {
    const { address, behind = 'runner' } = hosts[name] ?? { address: '' };
    const hub = hubs.get(behind);
    if (address === '' || hub === undefined) throw new Error(`There is no way to ${name}`);
    const machine = await start(name, address);
    hubs.set(name, machine);
    if (!bridged.has(behind)) await layBridge(hub, address);
    bridged.add(behind);
    await connect(hub, machine);
    await bootServer(machine);
    return machine;
  };
  stack.move();
  return { runner, node, server, [Symbol.asyncDispose]: async () => held.disposeAsync() };
}

/** Gives a machine the first address of a network, and a switch that others are connected to. */
async function layBridge(hub: Machine, address: string): Promise<void> {
  const first = address.replace(/\d+$/, '1');
  await hub.sh(`ip link add lan type bridge && ip address add ${first}/24 dev lan && ip link set lan up`);
}

async function connect(hub: Machine, machine: Machine): Promise<void> {
  const [nsenter = ''] = hub.enter;
  const ip = await findProgram('ip', 'iproute2');
  const port = `to-${machine.address.replaceAll('.', '-').slice(-11)}`;
  const within = ['--target', String(hub.pid), '--net', '--'];
  const pair = ['link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(machine.pid)];
  await run(nsenter, [...within, ip, ...pair]);
  await hub.sh(`ip link set ${port} master lan up`);
  await machine.sh(`ip address add ${machine.address}/24 dev eth0 && ip link set eth0 up`);
}
