import type { Config } from '../config/config.ts';
import type { RunLog } from '../log.ts';
import type { Local } from '../upload/local.ts';
import type { ModuleHost } from '../modules/runner/module-host.ts';
import type { Once } from './once.ts';
import type { UploadListener } from '../config/config.ts';

/** What stays the same for the listeners of one run; what changes from one event to the next is the scene. */
export interface Stage {
  readonly config: Config;
  /** Absolute path on the runner. */
  readonly workspace: string;
  /** The runner's variables, free of inputs and secrets. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: RunLog;
  readonly once: Once;
  /** Undefined where no listener is a module. */
  readonly modules: ModuleHost | undefined;
  /** What is being read of the workspace for an upload before its time has come. */
  readonly ahead: ReadonlyMap<UploadListener, Promise<Local>>;
}
