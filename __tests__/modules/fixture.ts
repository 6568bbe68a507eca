import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config, ModuleListener, Target } from '../../src/config/config.ts';
import type { EventName } from '../../src/config/events.ts';
import { ShipperError } from '../../src/errors.ts';
import { ModuleHost, type ModuleHostOptions } from '../../src/modules/runner/module-host.ts';
import type { CommandRequest, ListenerServices, ModuleServices, ModuleState } from '../../src/modules/services.ts';
import type { LogLevel } from '../../src/modules/messages.ts';
import type { Log } from '../../src/log.ts';
import type { RunResult } from '../../shipper.d.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

export const entry = fileURLToPath(new URL('entry.ts', import.meta.url));

export const target: Target = {
  name: 'web1',
  host: 'web1.example.com',
  port: 22,
  user: 'deploy',
  proxyJump: [],
  activeSymlink: '/var/www/current',
  revisions: '/var/www/revisions',
  directories: ['/var/www/revisions'],
  symlinks: [],
};

/** A workspace with these files. */
export async function workspaceWith(files: Readonly<Record<string, string>>): Promise<Workspace> {
  const directory = await temporaryDirectory('modules');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory.path, name)), { recursive: true });
    await writeFile(join(directory.path, name), text);
  }
  return directory;
}

export type Workspace = Awaited<ReturnType<typeof temporaryDirectory>>;

/** Listeners as the config gives them, each at a line of its own. */
export function listenersFor(event: EventName, ...references: readonly string[]): ModuleListener[] {
  return references.map((reference, index) => {
    const parts = reference.split('.');
    const [className = '', method = ''] = parts.slice(-2);
    const module = parts.slice(0, -2).join('/');
    const at = { file: 'shipper.json', line: index + 3, column: 7 };
    return { kind: 'module', event, index, at, reference, module, className, method };
  });
}

/** Keeps what modules asked for; a command that begins with `fail` is refused, one with `wait` takes a moment. */
export class Recorder implements ModuleServices, ListenerServices {
  readonly told: string[] = [];
  readonly requests: CommandRequest[] = [];
  readonly log: Log & Record<LogLevel, (message: string) => void> = {
    debug: (message) => this.told.push(`debug ${message}`),
    info: (message) => this.told.push(`info ${message}`),
    notice: (message) => this.told.push(`notice ${message}`),
    warning: (message) => this.told.push(`warning ${message}`),
    error: (message) => this.told.push(`error ${message}`),
    output: (text) => {
      this.told.push(`output ${text}`);
      return undefined;
    },
  };

  async run(command: string, options: CommandRequest): Promise<readonly RunResult[]> {
    this.told.push(`run ${command}`);
    this.requests.push(options);
    if (command.startsWith('wait')) await new Promise((resolve) => setTimeout(resolve, 100));
    if (command.startsWith('fail')) throw new ShipperError('TARGET', `web1: ${command}`, { target: 'web1' });
    this.told.push(`ran ${command}`);
    return [{ host: target.host, code: 0, stdout: `${command}\n`, stderr: '' }];
  }

  async upload(from: string, options: { readonly to: string; readonly exclude: readonly string[] }): Promise<void> {
    this.told.push(`upload ${from} to ${options.to} without ${options.exclude.join(' ')}`);
    return Promise.resolve();
  }

  setOutput(name: string, value: string): void {
    if (name === 'result') throw new ShipperError('LISTENER', 'the output "result" is Shipper\'s own');
    this.told.push(`output ${name}=${value}`);
  }

  addSummary(markdown: string): void {
    this.told.push(`summary ${markdown}`);
  }
}

export interface Started extends AsyncDisposable {
  readonly host: ModuleHost;
  readonly recorder: Recorder;
  /** Calls the listener with this index. */
  call(index: number, state?: Partial<ModuleState>): Promise<void>;
}

export async function startModules(
  workspace: Workspace,
  listeners: readonly ModuleListener[],
  options: Partial<ModuleHostOptions> = {},
): Promise<Started> {
  const recorder = new Recorder();
  const host = await ModuleHost.start({
    listeners,
    workspace: workspace.path,
    context: { command: 'deploy', config: configWith(listeners) },
    services: recorder,
    env: process.env,
    entry,
    ...options,
  });
  return {
    host,
    recorder,
    call: async (index, state = {}) => {
      const listener = listeners[index];
      if (listener === undefined) throw new Error(`no listener ${index}`);
      await host.call(
        listener,
        { event: listener.event, targets: [target], wave: { number: 1, of: 1 }, ...state },
        recorder,
      );
    },
    [Symbol.asyncDispose]: async () => {
      host.kill();
      await host.end();
    },
  };
}

export function configWith(listeners: readonly ModuleListener[]): Config {
  return {
    targets: [target],
    revisionsToKeep: 5,
    failOnSymlinkError: false,
    relativeSymlinks: false,
    rollbackOnFailure: true,
    waves: { sizes: [1], pause: 0 },
    umask: '022',
    sync: true,
    listeners,
  };
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<ShipperError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ShipperError) return error;
    throw error;
  }
  throw new Error('it did not reject');
}
