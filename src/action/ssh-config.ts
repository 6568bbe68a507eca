import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Alias } from '../config/overrides.ts';
import { ShipperError } from '../errors.ts';
import type { Secrets } from './inputs.ts';
import { readTextFile } from './text-file.ts';

/** What `ssh -G` says of a host: each option in small letters, with all its values. */
type Options = ReadonlyMap<string, readonly string[]>;

/** The options that say how to reach a host, and with which key. */
const counted = ['user', 'port', 'proxyjump', 'proxycommand', 'identityfile', 'certificatefile'] as const;
/** Milliseconds that ssh may take: `Match exec` runs programs. */
const patience = 20_000;

/**
 * What a person's `~/.ssh/config` says, so that what `ssh prod` reaches is reached by the same name. OpenSSH's own client
 * is asked (`ssh -G`), so that patterns, Match and Include mean what they mean there.
 */
export class SshConfig {
  readonly #home: string;
  readonly #asked = new Map<string, Options | undefined>();
  #plain: Options | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    this.#home = env['HOME'] ?? homedir();
  }

  /** How to reach a host that the config speaks of; undefined where it says nothing of it. Throws INPUT. */
  readonly aliasOf = (host: string): Alias | undefined => {
    const options = this.#optionsOf(host);
    if (options === undefined) return undefined;
    const one = (name: string): string | undefined => options.get(name)?.[0];
    const [proxyJump, proxyCommand] = ['proxyjump', 'proxycommand']
      .map(one)
      .map((value) => (value === 'none' ? '' : value));
    return {
      host: one('hostname') ?? host,
      user: one('user') ?? '',
      port: Number(one('port') ?? 22),
      proxyJump,
      proxyCommand,
    };
  };

  /**
   * The key of the hosts that were asked for, where nobody named one: from its file, or from the agent where it has a
   * passphrase that nobody was asked for. `said` tells what is left out.
   */
  withIdentity(secrets: Secrets, agent: string | undefined, said: (message: string) => void): Secrets {
    if (secrets.isAgentAssumed !== true) return secrets;
    const files = [...this.#asked.values()].flatMap((options) => this.#identityOf(options) ?? []);
    const [file, ...others] = [...new Set(files)];
    if (file === undefined) return secrets;
    if (others.length > 0) {
      said(
        `~/.ssh/config names several keys (${[file, ...others].join(', ')}): give one by --key; the agent is asked for now`,
      );
      return secrets;
    }
    const hasAgent = agent !== undefined && agent !== '';
    const publicKey = readIfThere(file.endsWith('.pub') ? file : `${file}.pub`);
    const key = file.endsWith('.pub') ? undefined : readIfThere(file);
    const isOpen =
      key !== undefined &&
      (secrets.passphrase !== undefined || !hasAgent || !/ENCRYPTED|aes\d+-|bcrypt/.test(decoded(key)));
    if (!isOpen) return { ...secrets, preferred: publicKey };
    const named = this.#certificateOf(file);
    return { ...secrets, key, certificateBeside: secrets.certificate === undefined ? named : undefined };
  }

  #certificateOf(keyFile: string): string | undefined {
    const named = [...this.#asked.values()].flatMap((options) => options?.get('certificatefile') ?? []);
    return [...named.map((path) => this.#locate(path)), `${keyFile}-cert.pub`].flatMap(
      (path) => readIfThere(path) ?? [],
    )[0];
  }

  #identityOf(options: Options | undefined): string | undefined {
    const files = options?.get('identityfile') ?? [];
    if (sameAs(files, this.#plain?.get('identityfile'))) return undefined;
    return files.map((path) => this.#locate(path)).find((path) => existsSync(path) || existsSync(`${path}.pub`));
  }

  #locate(path: string): string {
    return resolve(path.replace(/^~(?=\/)|%d/, this.#home));
  }

  #optionsOf(host: string): Options | undefined {
    if (!existsSync(join(this.#home, '.ssh', 'config'))) return undefined;
    if (!this.#asked.has(host)) {
      this.#plain ??= ask(['-F', 'none'], host);
      const options = ask(this.#from(), host);
      const plain = this.#plain;
      const speaks =
        options?.get('hostname')?.[0] !== host || counted.some((name) => !sameAs(options.get(name), plain?.get(name)));
      this.#asked.set(host, speaks ? options : undefined);
    }
    return this.#asked.get(host);
  }

  /** ssh goes by the home in the password file, whatever HOME says. */
  #from(): readonly string[] {
    return this.#home === userInfo().homedir ? [] : ['-F', join(this.#home, '.ssh', 'config')];
  }
}

function ask(from: readonly string[], host: string): Options | undefined {
  const { error, status, stdout, stderr } = spawnSync('ssh', [...from, '-G', '--', host], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patience,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') return undefined; // Then `ssh prod` works nowhere.
  if (status !== 0) {
    const said = stderr.trim() || (error?.message ?? 'it was ended');
    throw new ShipperError('INPUT', `ssh cannot say how it reaches ${host} (\`ssh -G ${host}\`): ${said}`);
  }
  const options = new Map<string, string[]>();
  for (const line of stdout.split('\n')) {
    const [, name, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) options.set(name, [...(options.get(name) ?? []), value]);
  }
  return options;
}

function sameAs(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return JSON.stringify(one ?? []) === JSON.stringify(other ?? []);
}

function readIfThere(path: string): string | undefined {
  try {
    return readTextFile(path);
  } catch {
    return undefined;
  }
}

/** The names of ciphers stand in the base64 of an OpenSSH key. */
function decoded(key: string): string {
  const base64 = key.replace(/-----[^\n]*-----|\s/g, '');
  return `${key}${Buffer.from(base64, 'base64').toString('latin1').slice(0, 100)}`;
}
