import { type ChildProcess, fork } from 'node:child_process';
import { marker } from '../entry.ts';
import type { FromModules, ToModules } from '../messages.ts';
import { leadsGroup, signalGroup } from '../process-group.ts';

/** Milliseconds that the user's code may keep the process alive after the run is done with it. */
const grace = 2_000;

/** How the process ended: an exit status, or the name of a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The process in which the user's modules run, at the head of a process group of its own. */
export class HostProcess {
  readonly #child: ChildProcess;
  /** Resolves once it has ended and all that it said has been heard. Never rejects. */
  readonly ended: Promise<Ending>;

  constructor(
    entry: string,
    workspace: string,
    env: Readonly<NodeJS.ProcessEnv>,
    receive: (message: FromModules) => void,
  ) {
    this.#child = fork(entry, [], {
      cwd: workspace,
      env: { ...withoutInputs(env), [marker]: '1' },
      execArgv: quietly(),
      detached: leadsGroup,
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => receive(message as FromModules));
    this.ended = endingOf(this.#child);
  }

  /** Says something to the modules; it is lost where they are gone, and `ended` tells. */
  tell(message: ToModules): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Lets it end by itself, and kills it where the user's code keeps it alive longer than the grace. */
  async end(): Promise<void> {
    this.tell({ type: 'end' });
    const timer = setTimeout(() => this.kill(), grace);
    await this.ended;
    clearTimeout(timer);
  }

  /**
   * Kills it with everything that it started and that stayed in its group. Also serves after it has ended: the group's
   * number is not given away while anyone is left in it.
   */
  kill(): void {
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL');
  }
}

/** Every variable but the inputs of the action, which hold secrets. */
export function withoutInputs(env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^INPUT_/i.test(name)));
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
    // Something that it left behind may hold its channel open: its end counts, not the channel's.
    child.once('exit', (code, signal) => setTimeout(resolve, 1_000, { code, signal }).unref());
  });
}

/** Node would comment on each TypeScript module without a "type" in package.json, which is fine here. */
function quietly(): string[] {
  const known = process.allowedNodeEnvironmentFlags.has('--disable-warning');
  return known ? ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--disable-warning=ExperimentalWarning'] : [];
}
