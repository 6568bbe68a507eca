import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Problem, ShipperError } from '../errors.ts';
import { readFlags } from './flags.ts';
import { type Given, parseInputs } from './inputs.ts';
import { readTextFile } from './text-file.ts';

/** What a command line asks for: to print something, or a run. */
export type CommandLine =
  { readonly wants: 'help' } | { readonly wants: 'version' } | { readonly wants: 'run'; readonly given: Given };

/**
 * Reads the flags (section 8 of the contract) and the files that they name, and asks for what must not stand in a
 * command line. Every problem at once in one INPUT error, before anything is asked. Without a flag it refuses: a
 * deploy would be too easy to start by accident.
 */
export async function readCommandLine(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandLine> {
  if (argv.length === 0) {
    throw new ShipperError('INPUT', 'Say what to do, for example --command status; --help lists the flags.');
  }
  const { wants, given, asked, problems } = readFlags(argv);
  if (wants !== 'run') return { wants };

  const home = env['HOME'] ?? homedir();
  const keyFile = given.get('key');
  readNamedFile('key', given, home, problems);
  readNamedFile('certificate', given, home, problems);
  readNamedFile('known-hosts', given, home, problems);
  readDefaultKnownHosts(given, home);
  // With a password the agent has to be named: each of its keys costs one of the few attempts that a server allows.
  const isAgentAssumed = !given.has('key') && !asked.includes('password');
  if (isAgentAssumed) given.set('key', 'agent');

  const read = parseInputs(given, (name) => `--${name}`, problems);
  const { inputs } = read;
  const secrets = { ...read.secrets, isAgentAssumed, certificateBeside: readBeside(keyFile, given, home) };
  if (asked.length === 0) return { wants, given: { inputs, secrets } };
  // Only here: opening the standard input takes a part of the time to start.
  const { askSecrets } = await import('./ask.ts');
  const answers = await askSecrets(asked, process.stdin, process.stderr);
  const answered = Object.fromEntries(asked.map((name, index) => [name, answers[index]]));
  return { wants, given: { inputs, secrets: { ...secrets, ...answered } } };
}

/** Puts the content of a file in place of its path. */
function readNamedFile(
  name: 'key' | 'certificate' | 'known-hosts',
  given: Map<string, string>,
  home: string,
  problems: Problem[],
): void {
  const path = given.get(name);
  if (path === undefined || (name === 'key' && path === 'agent')) return;
  try {
    given.set(name, readTextFile(locate(path, home)));
  } catch (error) {
    problems.push({ message: `--${name}: ${error instanceof Error ? error.message : String(error)}` });
  }
}

/** The shell expands ~ in `--key ~/x`, not in `--key=~/x`. */
function locate(path: string, home: string): string {
  return resolve(path.replace(/^~(?=\/)/, home));
}

/** The certificate that OpenSSH finds beside a key. */
function readBeside(keyFile: string | undefined, given: Map<string, string>, home: string): string | undefined {
  if (keyFile === undefined || keyFile === 'agent' || given.has('certificate')) return undefined;
  try {
    return readTextFile(`${locate(keyFile, home)}-cert.pub`);
  } catch {
    return undefined; // Most keys have none.
  }
}

function readDefaultKnownHosts(given: Map<string, string>, home: string): void {
  if (given.has('known-hosts') || given.has('fingerprint')) return;
  try {
    given.set('known-hosts', readTextFile(join(home, '.ssh', 'known_hosts')));
  } catch {
    return; // Nobody named it: without it, the run says which line to add.
  }
}
