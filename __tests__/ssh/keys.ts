import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeStrings } from '../../src/ssh/public-key.ts';
import { withoutComment } from '../rig/keys.ts';
import { findProgram, run } from '../rig/program.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

/** A private key as its tool wrote it. */
export interface Sample {
  readonly file: string;
  readonly text: string;
  /** `ssh-ed25519 AAAA…`, as another program than ours sees it. */
  readonly publicKey: string;
}

/** Makes keys as people do, in a directory that goes away. */
export interface KeyWorkshop extends AsyncDisposable {
  /** A path for a new file. */
  file(): string;
  /** A key by `ssh-keygen`, with more of its arguments. */
  sshKeygen(args: string, passphrase?: string): Promise<Sample>;
  /** A key by `openssl`, whose arguments have to write PEM; `key` is the one to convert, where there is one. */
  openssl(args: string, key?: Sample): Promise<Sample>;
}

export async function keyWorkshop(): Promise<KeyWorkshop> {
  const directory = await temporaryDirectory('keys');
  const keygen = await findProgram('ssh-keygen', 'openssh-client');
  const openssl = await findProgram('openssl', 'openssl');
  let count = 0;
  const file = (): string => join(directory.path, `key${String((count += 1))}`);
  return {
    file,
    sshKeygen: async (args, passphrase = '') => {
      const path = file();
      await run(keygen, ['-q', '-N', passphrase, '-f', path, ...args.split(' ')]);
      const publicKey = withoutComment(await readFile(`${path}.pub`, 'utf8'));
      return { file: path, text: await readFile(path, 'utf8'), publicKey };
    },
    openssl: async (args, key) => {
      const path = file();
      await run(openssl, [...args.split(' '), ...(key === undefined ? [] : ['-in', key.file]), '-out', path]);
      const text = await readFile(path, 'utf8');
      return { file: path, text, publicKey: key?.publicKey ?? (await ed25519Line(openssl, path)) };
    },
    [Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose](),
  };
}

/** ssh-keygen reads no Ed25519 key in PKCS#8. */
async function ed25519Line(openssl: string, path: string): Promise<string> {
  const { x = '' } = createPublicKey(await run(openssl, ['pkey', '-in', path, '-pubout'])).export({ format: 'jwk' });
  return `ssh-ed25519 ${writeStrings('ssh-ed25519', Buffer.from(x, 'base64url')).toString('base64')}`;
}
