import assert from 'node:assert/strict';
import type { ErrorCode } from '../../src/errors.ts';
import { type ActionRun, runAction, type StartedAction, startAction } from '../rig/action.ts';
import { run as runProgram } from '../rig/program.ts';
import type { Annotation } from '../rig/runner-log.ts';
import type { Server } from '../rig/server.ts';
import { type Content, createWorkspace, type Workspace } from '../rig/workspace.ts';

type Values = Readonly<Record<string, string | undefined>>;

/** A directory of its own on a server that tests share, and a repository that deploys into it by the real bundle. */
export interface Site extends AsyncDisposable {
  /** Absolute path on the server: the config's `base_dir`. */
  readonly base: string;
  readonly workspace: Workspace;
  /** The inputs that reach the server. */
  readonly inputs: Values;
  /** Runs the action, whatever comes of it. */
  run(inputs?: Values, env?: Values): Promise<ActionRun>;
  /** Runs the action and fails with its log unless it succeeds. */
  succeed(inputs?: Values, env?: Values): Promise<ActionRun>;
  start(inputs?: Values, env?: Values): Promise<StartedAction>;
  /** Runs a script in `base` on this machine, as whoever runs the tests; returns stdout without its last newline. */
  sh(script: string): Promise<string>;
  /** The same; what it leaves there belongs to the server's user. */
  put(script: string): Promise<string>;
  /** Everything below `base`, one line each. */
  tree(): Promise<string>;
  /** Name of the active revision; empty if there is none. */
  active(): Promise<string>;
}

export interface SiteOptions {
  /** On top of `base_dir`; there is no flush, which costs time. */
  readonly config?: object;
  readonly events?: object;
  /** Of the workspace. */
  readonly files?: Readonly<Record<string, Content>>;
  /** Name of the directory; default: a new one. */
  readonly directory?: string;
}

let sites = 0;

export async function siteOn(
  server: Server,
  { config, events = {}, files, directory }: SiteOptions = {},
): Promise<Site> {
  const base = `${server.root}/${directory ?? `site${(sites += 1)}`}`;
  await runProgram('mkdir', ['--', base]);
  await runProgram('chown', [`--reference=${server.root}`, '--', base]);
  const workspace = await createWorkspace({ events, config: { base_dir: base, sync: false, ...config } }, files);
  const { host, user, keyText: key, knownHosts } = server;
  const inputs = { host, user, port: String(server.port), key, 'known-hosts': knownHosts };
  const options = (more: Values = {}, env: Values = {}) => ({
    cwd: workspace.path,
    inputs: { ...inputs, ...more },
    env,
  });
  const run: Site['run'] = async (more, env) => runAction(options(more, env));
  const sh = async (script: string): Promise<string> =>
    (await runProgram('sh', ['-c', script], base)).replace(/\n$/, '');
  return {
    ...{ base, workspace, inputs, run, sh },
    start: async (more, env) => startAction(options(more, env)),
    succeed: async (more, env) => {
      const done = await run(more, env);
      assert.equal(done.code, 0, logOf(done));
      return done;
    },
    put: async (script) => sh(`${script}\nchown -Rh --reference=.. .`),
    tree: async () => sh("find . -mindepth 1 -printf '%P %y %l\\n' | sort"),
    active: async () => sh('if [ -L current ]; then basename "$(readlink current)"; fi'),
    [Symbol.asyncDispose]: async () => workspace[Symbol.asyncDispose](),
  };
}

export const logOf = (run: ActionRun): string => run.lines.join('\n');

/** The line of an error annotation that says what is live now. */
const liveNow = /\nNow: .*\.$/;

/** The error annotations, without what they say is live now. */
export const errorsOf = (run: ActionRun): readonly Annotation[] =>
  run.annotations
    .filter(({ level }) => level === 'error')
    .map((annotation) => ({ ...annotation, message: annotation.message.replace(liveNow, '') }));

export const warningsOf = (run: ActionRun): readonly string[] =>
  run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message);

/** What programs printed, without the mark that each of their lines gets in the log. */
export const printedIn = (run: ActionRun): readonly string[] =>
  run.lines.filter((line) => line.startsWith('  │ ')).map((line) => line.slice('  │ '.length));

/** Exit status 1 and one error annotation, with that code in its title; returns its message. */
export function refusal(run: ActionRun, code: ErrorCode): string {
  const errors = errorsOf(run);
  assert.deepEqual([run.code, ...errors.map(({ title }) => title)], [1, `Shipper: ${code}`], logOf(run));
  const [whole] = run.annotations.filter(({ level }) => level === 'error');
  assert.equal(liveNow.test(whole?.message ?? ''), run.result !== undefined, logOf(run));
  return errors[0]?.message ?? '';
}
