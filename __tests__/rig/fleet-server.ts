import type { Values } from './job.ts';
import { type Relay, startRelay } from './relay.ts';
import type { Server } from './server.ts';
import { type SshdOptions, startSshd } from './sshd.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** Targets with an address of loopback each, served by one sshd behind one relay. */
export interface FleetServer extends AsyncDisposable {
  readonly server: Server;
  readonly relay: Relay;
  readonly names: readonly string[];
  /** What the action needs to reach all of them. */
  readonly inputs: Values;
  /** A repository that deploys to the first so many; `config` on top of its targets, `target` on top of each. */
  workspace(size: number, config?: object, events?: object, target?: object): Promise<Workspace>;
  /** The active revision of each of the first so many. */
  active(size: number): Promise<readonly string[]>;
}

/** `delay`: milliseconds of a round trip. All targets are one user's, each has a directory of its own. */
export async function startFleetServer(size: number, delay = 0, options: SshdOptions = {}): Promise<FleetServer> {
  await using stack = new AsyncDisposableStack();
  const hosts = Array.from({ length: size }, (_, at) => `127.0.${1 + Math.floor(at / 200)}.${1 + (at % 200)}`);
  const names = hosts.map((_, index) => `web${index + 1}`);
  // It is one server where there would be many.
  const server = stack.use(await startSshd({ config: [`MaxStartups ${size + 10}`], ...options }));
  const relay = stack.use(await startRelay(server.port, delay, hosts));
  const hostKey = server.knownHosts.slice(server.knownHosts.indexOf(' '));
  await server.sh(`mkdir ${names.join(' ')}; chown ${server.user} ${names.join(' ')}`);
  const owned = stack.move();
  return {
    ...{ server, relay, names },
    inputs: {
      key: server.keyText,
      'known-hosts': hosts.map((host) => `[${host}]:${relay.port}${hostKey}`).join('\n'),
    },
    workspace: async (some, config = {}, events = {}, target = {}) => {
      const targets = names.slice(0, some).map((name, index) => ({
        ...{ name, host: hosts[index], port: relay.port, user: server.user, base_dir: `${server.root}/${name}` },
        ...target,
      }));
      return createWorkspace({ events, config: { targets, sync: false, revisions_to_keep: 1, ...config } });
    },
    active: async (some) => {
      const all = names.slice(0, some).join(' ');
      const links = await server.sh(`for each in ${all}; do basename "$(readlink $each/current || echo none)"; done`);
      return links.split('\n');
    },
    [Symbol.asyncDispose]: async () => owned.disposeAsync(),
  };
}
