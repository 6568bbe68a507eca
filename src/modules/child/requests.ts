import type { RunOptions, UploadOptions } from '../../../shipper.d.ts';
import type { ServiceRequest } from '../messages.ts';
import { didYouMean } from '../../config/nearest.ts';

type Kind = 'string' | 'boolean' | 'number' | 'object';

/** The request that a `shipper.run()` stands for. Modules may be plain JavaScript: nothing of it is taken on trust. */
export function runRequest(command: string, options: RunOptions): ServiceRequest {
  needOptions('shipper.run()', options, {
    on: 'string',
    once: 'boolean',
    cwd: 'string',
    env: 'object',
    timeout: 'number',
    allowFailure: 'boolean',
  });
  const { on, once = false, cwd, env = {}, timeout, allowFailure = false } = options;
  if (on === 'runner') throw new TypeError('shipper.run() is for targets; use shipper.exec() on the runner');
  if (timeout !== undefined && !(timeout > 0)) throw new TypeError('timeout of shipper.run() is in seconds, above 0');
  return {
    kind: 'run',
    command: needText(command, 'the command of shipper.run()'),
    options: { on, once, cwd, env: withValues(env), timeout, allowFailure },
  };
}

export function uploadRequest(from: string, options: UploadOptions): ServiceRequest {
  needOptions('shipper.upload()', options, { to: 'string', exclude: 'object' });
  const { to = '.', exclude = [] } = options;
  if (!Array.isArray(exclude)) throw new TypeError('exclude of shipper.upload() must be an array of patterns');
  const patterns = exclude.map((pattern: unknown) => needText(pattern, 'a pattern in exclude of shipper.upload()'));
  return { kind: 'upload', from: needText(from, 'the path of shipper.upload()'), options: { to, exclude: patterns } };
}

export function needText(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw new TypeError(`${what} must be a text that is not empty`);
  return value;
}

/** Refuses an option that is unknown (`allow_failure`, as in the config) or of another type. */
export function needOptions(caller: string, options: object, known: Readonly<Record<string, Kind>>): void {
  for (const [name, value] of Object.entries(options)) {
    const kind = known[name];
    if (kind === undefined) {
      const names = Object.keys(known);
      throw new TypeError(
        `${caller} has no option "${name}"${didYouMean(name, names) || `; it has ${names.join(', ')}`}`,
      );
    }
    if (value !== undefined && (typeof value !== kind || value === null)) {
      throw new TypeError(`${name} of ${caller} must be ${kind === 'object' ? 'an object or array' : `a ${kind}`}`);
    }
  }
}

function withValues(env: readonly string[] | Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = isNames(env) ? env.map((name) => [name, process.env[name]] as const) : Object.entries(env);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== 'string') throw new TypeError(`the variable ${name} for shipper.run() is not set`);
      return [name, value];
    }),
  );
}

function isNames(env: readonly string[] | Readonly<Record<string, string>>): env is readonly string[] {
  return Array.isArray(env);
}
