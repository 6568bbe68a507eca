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
  const refused = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => wildcard(pattern.slice(1)));
  const accepted = patterns.filter((pattern) => !pattern.startsWith('!')).map(wildcard);
  return (name) => accepted.some((test) => test.test(name)) && !refused.some((test) => test.test(name));
}

function readHashed(field: string): ((name: string) => boolean) | undefined {
  const found = /^\|1\|([A-Za-z0-9+/]{27}=)\|([A-Za-z0-9+/]{27}=)$/.exec(field);
  if (found === null) return undefined;
  const [, salt = '', hash = ''] = found;
  const key = Buffer.from(salt, 'base64');
  return (name) => createHmac('sha1', key).update(name).digest('base64') === hash;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}/-]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
