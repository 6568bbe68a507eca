import type { Config } from './config.ts';
import { type Document, type JsonObject, without } from './document.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { gather, overrideFile } from './merge.ts';
import { type Overrides, readOverrides } from './overrides.ts';
import { Problems } from './problems.ts';
import { readConfig } from './read.ts';
import { resolveConfig } from './resolve.ts';
import { validate } from './validate.ts';

export interface ConfigRequest {
  /** Absolute path of the directory that the file and the modules are in. */
  readonly workspace: string;
  /** Path of the file, relative to the workspace. */
  readonly file: string;
  readonly environment: Environment;
  readonly overrides?: Overrides;
}

/**
 * Reads, checks and resolves the config: inputs before `SHIP_`, before the file, before defaults. Throws one
 * ShipperError (CONFIG, or INPUT where only inputs are to blame) that lists everything that is wrong.
 */
export function loadConfig({ workspace, file, environment, overrides = {} }: ConfigRequest): {
  readonly config: Config;
  readonly warnings: readonly string[];
  /** What is allowed and should not go unseen. */
  readonly notices: readonly string[];
} {
  const problems = new Problems();
  const hasListeners = overrides.listeners !== false;
  const read = (document: Document<JsonObject>): Document<JsonObject> =>
    validate(hasListeners ? document : without(document, new Set(['/events'])), problems);

  const written = gather(read(readConfig(workspace, file, problems)), problems);
  const { document, warnings, listening } = readEnvironment(environment, problems);
  const inputs = readOverrides(overrides, problems);
  const resolved = resolveConfig(overrideFile(written, read(document)), inputs, problems);
  problems.throwIfAny();
  const notices = hasListeners && listening.length > 0 ? [noticeOf(listening)] : [];
  return { config: resolved.config, warnings: [...warnings, ...resolved.warnings], notices };
}

/** Listeners are code that runs beside the key: whoever can set a variable of the job could bring some. */
function noticeOf(variables: readonly string[]): string {
  return (
    `Listeners come from the environment, by ${variables.join(', ')}. They run as those of the config do. If you did not set that, ` +
    'an earlier step of this job did: see docs/security.md, "What runs on the runner".'
  );
}
