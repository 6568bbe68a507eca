import type { EventName, Command } from '../../config/events.ts';
import type { Config, Target } from '../../config/config.ts';
import type { Log } from '../../log.ts';
import type { Failure, Outcome, Revision, RunResult } from '../../../shipper.d.ts';

/** What `shipper.run()` asks for, checked and complete. */
export interface RunRequest {
  /** Pattern of target names or hosts; undefined means every target. */
  readonly on: string | undefined;
  readonly once: boolean;
  readonly cwd: string | undefined;
  /** Names with values, for this command alone. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds; undefined means no limit. */
  readonly timeout: number | undefined;
  readonly allowFailure: boolean;
}

/** What `shipper.upload()` asks for, checked and complete. */
export interface UploadRequest {
  readonly to: string;
  readonly exclude: readonly string[];
}

/**
 * What the run does for a module that asks. Whatever rejects or throws here fails the listener, unless it catches it.
 * The `on` of a run is never `runner`: `shipper.exec()` is for that.
 */
export interface ModuleServices {
  run(command: string, options: RunRequest): Promise<readonly RunResult[]>;
  upload(from: string, options: UploadRequest): Promise<void>;
  setOutput(name: string, value: string): void;
  addSummary(markdown: string): void;
  readonly log: Log;
}

/** What stays the same over a run. Plain data: it is sent to another process. */
export interface ModuleContext {
  readonly command: Command;
  readonly config: Config;
}

/** What a listener finds when it is called. Plain data: it is sent to another process. */
export interface ModuleState {
  readonly event: EventName;
  readonly targets: readonly Target[];
  readonly revision?: Revision | undefined;
  readonly previous?: Revision | undefined;
  readonly error?: Failure | undefined;
  readonly outcome?: Outcome | undefined;
}
