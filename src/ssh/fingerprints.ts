import { ShipperError } from '../errors.ts';

/** A line of `ssh-keygen -l`, such as `256 SHA256:… root@web1 (ED25519)`; its comment may hold anything. */
const listed = /\b\d+ ((?:SHA256|MD5):\S+) [^\r\n]*?\([A-Z0-9-]+\)/g;

/**
 * Reads the input `fingerprint`: one or more `SHA256:…`, bare or as `ssh-keygen -l` prints them, separated by white
 * space or commas. Gives them without padding; throws INPUT.
 */
export function readFingerprints(text: string): readonly string[] {
  return text
    .replace(listed, ' $1 ')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(readFingerprint);
}

function readFingerprint(text: string): string {
  const hint = '`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the server shows it';
  if (/^(?:MD5:)?(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/i.test(text)) {
    throw new ShipperError(
      'INPUT',
      `The fingerprint ${text} is made with MD5, which is not safe: give SHA256:…; ${hint}.`,
    );
  }
  if (!/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text)) {
    throw new ShipperError(
      'INPUT',
      `The fingerprint ${text} has to be SHA256: and 43 characters, or the line that ssh-keygen -l prints; ${hint}.`,
    );
  }
  return text.replace('=', '');
}
