import { type ActionRun, runAction } from './action.ts';
import type { Server } from './server.ts';
import { createWorkspace, type Content, type Workspace } from './workspace.ts';

/** A repository that deploys to a server by the real bundle. */
export interface Ship extends AsyncDisposable {
  readonly workspace: Workspace;
  /** The inputs that reach the server; to be spread where a test changes one. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Runs the action, whatever comes of it. */
  run(inputs?: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Promise<ActionRun>;
  /** Runs the action and fails with its log unless it succeeds. */
  succeed(inputs?: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Promise<ActionRun>;
  /** Name of the active revision on the server; empty if there is none. */
  active(): Promise<string>;
  /** Names of all revisions there. */
  revisions(): Promise<readonly string[]>;
}

/** By default the config is no more than a `base_dir`, the server's `root`. */
export async function shipTo(
  server: Server,
  config: object = { config: { base_dir: server.root } },
  files: Readonly<Record<string, Content>> = {},
): Promise<Ship> {
  const workspace = await createWorkspace(config, files);
  const { host, user, keyText: key } = server;
  const inputs = { host, user, port: String(server.port), key, 'known-hosts': server.knownHosts };
  const run: Ship['run'] = async (more = {}, env = {}) =>
    runAction({ cwd: workspace.path, inputs: { ...inputs, ...more }, env });
  return {
    workspace,
    inputs,
    run,
    succeed: async (more, env) => {
      const done = await run(more, env);
      if (done.code !== 0) throw new Error(`The action failed:\n${done.lines.join('\n')}`);
      return done;
    },
    active: async () => server.sh('if [ -L current ]; then basename "$(readlink current)"; fi'),
    revisions: async () => (await server.sh('ls revisions')).split('\n'),
    [Symbol.asyncDispose]: async () => workspace[Symbol.asyncDispose](),
  };
}
