import { ShipperError } from '../errors.ts';

const limits: readonly (readonly [RegExp, string])[] = [
  [
    /can(?:no|')t fork|\bfork(?: failed)?: |Resource temporarily unavailable/i,
    'the account may start no more processes there: end some of them, or raise its limit (`ulimit -u`, or TasksMax of systemd)',
  ],
  [
    /cannot allocate|out of memory|memory exhausted|x(?:m|re)alloc/i,
    'there is no more memory for the account: look at `free`, and at its limit (`ulimit -v`)',
  ],
];

/** The limit of the account that is reached, by what its shell printed, and what to do; undefined for anything else. */
export function reachedLimit(said: string): string | undefined {
  return limits.find(([pattern]) => pattern.test(said))?.[1];
}

/** Whether the login shell is a restricted one, which runs programs but does not let them take its place. */
export function forbidsExec(said: string): boolean {
  return /\bexec: (?!.*not found)/.test(said);
}

/** What a target said instead of running the script, in words that say what to do. */
export function unknownStart(target: string, said: string): ShipperError {
  const text = said.trim();
  const unfit = /^shipper unfit: (.*)$/m.exec(text)?.[1];
  if (unfit !== undefined) return new ShipperError('TARGET', `${target}: ${unfit}`, { target });
  const quoted = text === '' ? 'it said nothing' : `it said: ${text.slice(-1000)}`;
  const fail = (message: string) => new ShipperError('TARGET', `${target}: ${message} (${quoted})`, { target });
  if (/sftp (connections )?only|sftp-server/i.test(text)) {
    return fail('this account allows SFTP only, but Shipper needs a shell: remove `ForceCommand internal-sftp` for it');
  }
  if (/account is (currently )?not available|nologin/i.test(text)) {
    return fail('this account may not log in: give it a shell, for example `sudo chsh -s /bin/sh USER`');
  }
  const limit = reachedLimit(text);
  if (limit !== undefined) return fail(limit);
  if (/syntax error|unexpected/i.test(text)) {
    return fail(
      '`sh` there is no POSIX shell: see to it that one, such as dash, comes first in the PATH of the account',
    );
  }
  if (/not found|no such file/i.test(text)) return fail('the login shell found no `sh`');
  return fail(
    'the account does not run commands: a forced command in authorized_keys or sshd_config has to execute ' +
      '"$SSH_ORIGINAL_COMMAND", and the login shell has to accept `exec sh -c`',
  );
}

export function silentStart(target: string, seconds: number): ShipperError {
  return new ShipperError(
    'TARGET',
    `${target}: the login shell did not answer within ${seconds} seconds: look for a start-up file (such as .bashrc) ` +
      'that waits for input, or a forced command that ignores "$SSH_ORIGINAL_COMMAND". Where the machine is only slow, ' +
      'raise `connect-timeout`: a login shell may take three times as long',
    { target },
  );
}
