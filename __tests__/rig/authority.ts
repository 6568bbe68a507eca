import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey, withoutComment, type KeyPair, type KeyType } from './keys.ts';
import { findProgram, run } from './program.ts';
import { temporaryDirectory } from './temporary.ts';

export interface Signing {
  /** What it is for: users, or hosts. Default: one for nobody by name. */
  readonly principals?: readonly string[];
  /** As `ssh-keygen -V` takes it: `-1h:+1h`, `always:forever`. */
  readonly validity?: string;
  readonly host?: boolean;
  readonly keyId?: string;
  /** More of ssh-keygen's arguments, such as `-O force-command=true`. */
  readonly args?: readonly string[];
}

/** Who signs keys: a key of its own, and `ssh-keygen -s`. */
export interface Authority extends AsyncDisposable {
  readonly key: KeyPair;
  /** Where its public key is, for `TrustedUserCAKeys`. */
  readonly trusted: string;
  /** The line of the certificate for the key that is in a file. */
  sign(key: KeyPair, options?: Signing): Promise<string>;
  /** A new key with its certificate beside it. */
  issue(options?: Signing, type?: KeyType): Promise<{ readonly key: KeyPair; readonly certificate: string }>;
}

export async function makeAuthority(type: KeyType = 'ed25519'): Promise<Authority> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory('authority'));
  const key = await generateKey(join(path, 'authority'), type);
  const keygen = await findProgram('ssh-keygen', 'openssh-client');
  let count = 0;
  const sign = async (of: KeyPair, options: Signing = {}): Promise<string> => {
    const { principals = [], validity = '-1h:+1h', host = false, keyId = 'rig', args = [] } = options;
    const copy = join(path, `of${String((count += 1))}`);
    await copyFile(`${of.file}.pub`, `${copy}.pub`);
    const names = principals.length === 0 ? [] : ['-n', principals.join(',')];
    const all = ['-q', '-s', key.file, '-I', keyId, '-V', validity, ...names, ...(host ? ['-h'] : []), ...args];
    await run(keygen, [...all, `${copy}.pub`]);
    const line = await readFile(`${copy}-cert.pub`, 'utf8');
    await copyFile(`${copy}-cert.pub`, `${of.file}-cert.pub`);
    return withoutComment(line);
  };
  const held = stack.move();
  return {
    key,
    trusted: `${key.file}.pub`,
    sign,
    issue: async (options, of) => {
      const pair = await generateKey(join(path, `key${String((count += 1))}`), of);
      return { key: pair, certificate: await sign(pair, options) };
    },
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}
