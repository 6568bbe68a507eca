import type { EventName, Command } from '../config/events.ts';
import type { Config, Target } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { Failure, Outcome, Revision, RunResult, Wave } from '../../shipper.d.ts';

/** What `shipper.run()` asks for, checked and complete. */
export interface CommandRequest {
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

/** What the run does for modules at any time. What throws here fails the listener of the moment. */
export interface ModuleServices {
  setOutput(name: string, value: string): void;
  addSummary(markdown: string): void;
  readonly log: Log;
}

/**
 * What the run does for the one listener that is being called. Whatever rejects here fails it, unless it catches that.
 * The `on` of a run is never `runner`: `shipper.exec()` is for that.
 */
export interface ListenerServices {
  run(command: string, options: CommandRequest): Promise<readonly RunResult[]>;
  upload(from: string, options: UploadRequest): Promise<void>;
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
  readonly wave: Wave;
  readonly revision?: Revision | undefined;
  readonly previous?: Revision | undefined;
  readonly error?: Failure | undefined;
  readonly outcome?: Outcome | undefined;
}
