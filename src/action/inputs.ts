import { type Command, commands } from '../config/events.ts';
import { didYouMean } from '../config/nearest.ts';
import { type Problem, ShipperError } from '../errors.ts';
import type { Log } from '../log.ts';
import {
  type DefaultedName,
  type InputName,
  definitionOf,
  inputNames,
  inputTable,
  isInputName,
} from './input-table.ts';
import { certificateText, knownHostsText } from './file-inputs.ts';
import { incomplete, unknownInput } from './wrong-inputs.ts';

/** What the user asked for, checked as far as that is possible without the config. */
export interface Inputs {
  readonly command: Command;
  /** Path of the config, relative to the workspace. */
  readonly config: string;
  readonly host: string | undefined;
  readonly user: string | undefined;
  readonly port: number | undefined;
  /** Lines of a known_hosts file; a path has already been read. */
  readonly knownHosts: string | undefined;
  /** Where these lines stand, if that is a file of the workspace. */
  readonly knownHostsFile?: string | undefined;
  readonly fingerprint: string | undefined;
  readonly proxyJump: string | undefined;
  readonly proxyCommand: string | undefined;
  readonly revision: string | undefined;
  readonly dryRun: boolean;
  readonly listeners: boolean;
  /** Seconds. */
  readonly connectTimeout: number;
  /** Seconds. */
  readonly lockTimeout: number;
  readonly concurrency: number;
}

/** The inputs that open a server. Apart from the others, so that they travel only to who logs in by them. */
export interface Secrets {
  /** The private key's text, or `agent`. */
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
  /** The text of the key's certificate. */
  readonly certificate: string | undefined;
  /** The same, found beside the key: nobody named it. */
  readonly certificateBeside?: string | undefined;
  /** Whether nobody said that the key is with the agent: then a key that ssh would take goes before it. */
  readonly isAgentAssumed?: boolean;
  /** The line of a public key that the agent is to try first. */
  readonly preferred?: string | undefined;
}

/** All that was given, in two parts. */
export interface Given {
  readonly inputs: Inputs;
  readonly secrets: Secrets;
}

/** Inputs as text, by name; what is absent or empty is not in it. */
export type GivenInputs = ReadonlyMap<string, string>;

/** setTimeout() takes no more milliseconds than fit in 31 bits. */
const longestTimeout = 2_147_483;
const prefix = 'INPUT_';

/** Takes every `INPUT_` variable out of the environment, so that no listener and no program inherits a secret. */
export function takeInputs(env: NodeJS.ProcessEnv): Map<string, string> {
  const given = new Map<string, string>();
  for (const variable of Object.keys(env).filter((key) => key.startsWith(prefix))) {
    const name = variable.slice(prefix.length).toLowerCase();
    const value = env[variable] ?? '';
    Reflect.deleteProperty(env, variable);
    if (value.trim() !== '' || !isInputName(name)) given.set(name, trimmed(name, value));
  }
  return given;
}

/** What must never be printed, of what was given. */
export function secretsOf(given: GivenInputs): readonly string[] {
  const secrets = inputNames.filter((name) => definitionOf(name).secret === true && given.get(name) !== 'agent');
  const misplaced = (['host', 'user', 'proxy-jump'] as const).flatMap((name) => passwordsIn(given.get(name) ?? ''));
  return [...secrets.flatMap((name) => given.get(name) ?? []), ...misplaced];
}

const isSet = (name: InputName, env: NodeJS.ProcessEnv): boolean => `${prefix}${name.toUpperCase()}` in env;

/** What stands as a password in `user:password@host`, where none belongs. */
function passwordsIn(text: string): readonly string[] {
  return [...text.matchAll(/[^@,:\s/]+:([^@,\s]+)@/g)].map(([, password = '']) => password);
}

/** Reads and checks the action's inputs; every problem at once in one INPUT error. Removes them from `env`. */
export function readInputs(env: NodeJS.ProcessEnv, log: Log, mask: (secrets: readonly string[]) => void): Given {
  const dropped = inputNames.filter((name) => definitionOf(name).default !== undefined && !isSet(name, env));
  const given = takeInputs(env);
  mask(secretsOf(given));
  if (dropped.length > 0 && given.size > 0) throw incomplete(dropped);
  const problems = [...given].flatMap(([name, value]) => unknownInput(name, value, log));
  if (!given.has('key') && !given.has('password')) {
    problems.push({
      message:
        'input "key": is empty, and so is "password". Pass a private key from a secret, or "agent" for SSH_AUTH_SOCK.',
    });
  }
  const workspace = env['GITHUB_WORKSPACE'] ?? process.cwd();
  const certificate = given.get('certificate');
  if (certificate !== undefined) given.set('certificate', certificateText(certificate, workspace, problems));
  const written = given.get('known-hosts');
  const knownHosts = written === undefined ? undefined : knownHostsText(written, workspace, problems);
  const file = knownHosts === written ? {} : { knownHostsFile: written };
  const { inputs, secrets } = parseInputs(given, (name) => `input "${name}"`, problems);
  return { inputs: { ...inputs, knownHosts, ...file }, secrets };
}

/**
 * Checks what was given and parts it; `label` names an input in a message. Throws one INPUT error with the
 * problems found before, and all of its own.
 */
export function parseInputs(given: GivenInputs, label: (name: InputName) => string, found: readonly Problem[]): Given {
  const problems = [...found];
  const text = (name: DefaultedName): string => given.get(name) ?? inputTable[name].default;
  const reject = (name: InputName, must: string): void => {
    problems.push({ message: `${label(name)}: must be ${must}, not "${given.get(name) ?? ''}"` });
  };
  const truth = (name: 'dry-run' | 'listeners'): boolean => {
    if (!/^(?:true|false|True|False|TRUE|FALSE)$/.test(text(name))) reject(name, 'true or false');
    return text(name).toLowerCase() === 'true';
  };
  const whole = (name: InputName, value: string, maximum: number, minimum = 1): number => {
    const count = /^\d+$/.test(value) ? Number(value) : -1;
    if (count < minimum || count > maximum) reject(name, `a whole number from ${minimum} to ${maximum}`);
    return count;
  };
  const port = given.get('port');
  const command = commands.find((each) => each === text('command'));
  const inputs = {
    command: command ?? 'status',
    config: text('config'),
    host: given.get('host'),
    user: given.get('user'),
    port: port === undefined ? undefined : whole('port', port, 65_535),
    knownHosts: given.get('known-hosts'),
    fingerprint: given.get('fingerprint'),
    proxyJump: given.get('proxy-jump'),
    proxyCommand: given.get('proxy-command'),
    revision: given.get('revision'),
    dryRun: truth('dry-run'),
    listeners: truth('listeners'),
    connectTimeout: whole('connect-timeout', text('connect-timeout'), longestTimeout),
    lockTimeout: whole('lock-timeout', text('lock-timeout'), longestTimeout, 0),
    concurrency: whole('concurrency', text('concurrency'), longestTimeout),
  };
  if (command === undefined) {
    const known = commands.join(', ');
    const meant = didYouMean(text('command'), commands);
    problems.push({ message: `${label('command')}: must be one of ${known}, not "${text('command')}"${meant}` });
  }
  if ((command === 'prepare' || command === 'activate') && inputs.revision === undefined) {
    problems.push({ message: `${label('revision')}: ${command} needs the name of a revision here.` });
  }
  if (problems.length > 0) throw new ShipperError('INPUT', problems);
  const secret = (name: InputName): string | undefined => given.get(name);
  const opening = { key: secret('key'), passphrase: secret('passphrase'), password: secret('password') };
  return { inputs, secrets: { ...opening, certificate: secret('certificate') } };
}

/** A password may begin or end with spaces; only the line break that a secret picks up when pasted goes. */
function trimmed(name: string, value: string): string {
  return name === 'password' || name === 'passphrase' ? value.replace(/(?:\r?\n)+$/, '') : value.trim();
}
