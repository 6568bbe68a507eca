import { createHmac } from 'node:crypto';

/** How known_hosts calls a host: by its name alone on port 22, else `[name]:port`; in lower case. */
export function hostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${String(port)}`;
}

/**
 * Reads the first field of a known_hosts line, such as `web?.example.com,!web3.example.com` or `|1|salt|hash`, into a
 * question to ask of a host's name; undefined if it is malformed.
 */
export function readHostPatterns(field: string): ((name: string) => boolean) | undefined {
  if (field.startsWith('|')) return readHashed(field);
  const patterns = field
    .toLowerCase()
    .split(',')
    .filter((pattern) => pattern !== '');
  const refused = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const accepted = patterns.filter((pattern) => !pattern.startsWith('!'));
  return (name) =>
    accepted.some((pattern) => matches(pattern, name)) && !refused.some((pattern) => matches(pattern, name));
}

function readHashed(field: string): ((name: string) => boolean) | undefined {
  const found = /^\|1\|([A-Za-z0-9+/]{27}=)\|([A-Za-z0-9+/]{27}=)$/.exec(field);
  if (found === null) return undefined;
  const [, salt = '', hash = ''] = found;
  const key = Buffer.from(salt, 'base64');
  return (name) => createHmac('sha1', key).update(name).digest('base64') === hash;
}

/** By OpenSSH's wildcards, `*` and `?`. It goes back to the last `*` only, so no pattern takes long. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resumed = 0;
  for (let seen = 0; seen < name.length;) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      resumed = seen;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[seen])) {
      at += 1;
      seen += 1;
    } else if (star >= 0) {
      at = star + 1;
      resumed += 1;
      seen = resumed;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
