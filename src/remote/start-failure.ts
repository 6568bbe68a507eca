import { ShipperError } from '../errors.ts';

/** What a target said instead of running the script, in words that say what to do. */
export function unknownStart(target: string, said: string): ShipperError {
  const text = said.trim();
  const quoted = text === '' ? 'it said nothing' : `it said: ${text.slice(-1000)}`;
  const fail = (message: string) => new ShipperError('TARGET', `${target}: ${message} (${quoted})`, { target });
  if (/sftp (connections )?only|sftp-server/i.test(text)) {
    return fail('this account allows SFTP only, but Shipper needs a shell: remove `ForceCommand internal-sftp` for it');
  }
  if (/account is (currently )?not available|nologin/i.test(text)) {
    return fail('this account may not log in: give it a shell, for example `sudo chsh -s /bin/sh USER`');
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
