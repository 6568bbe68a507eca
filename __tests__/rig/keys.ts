import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { findProgram, run } from './program.ts';

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface KeyPair {
  /** Where the private key is. */
  readonly file: string;
  /** The private key, as a secret would hold it. */
  readonly text: string;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicKey: string;
  /** `SHA256:…`, as `ssh-keygen -l` shows it. */
  readonly fingerprint: string;
}

/** Makes a key pair as a person would, with ssh-keygen. */
export async function generateKey(file: string, type: KeyType = 'ed25519', passphrase = ''): Promise<KeyPair> {
  const keygen = await findProgram('ssh-keygen', 'openssh-client');
  await run(keygen, ['-q', '-t', type, '-N', passphrase, '-C', 'rig', '-f', file]);
  const publicKey = withoutComment(await readFile(`${file}.pub`, 'utf8'));
  return { file, text: await readFile(file, 'utf8'), publicKey, fingerprint: fingerprintOf(publicKey) };
}

export function withoutComment(line: string): string {
  return line.trim().split(' ').slice(0, 2).join(' ');
}

export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
