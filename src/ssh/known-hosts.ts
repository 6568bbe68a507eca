import { ShipperError, type Problem } from '../errors.ts';
import { hostName, readHostPatterns } from './host-pattern.ts';
import { keyTypeOf } from './public-key.ts';

/** One key that known_hosts holds. */
export interface KnownHost {
  /** Counts from 1. */
  readonly line: number;
  readonly marker: 'cert-authority' | 'revoked' | undefined;
  /** Such as `ssh-ed25519`; any type, also those that Shipper cannot use. */
  readonly type: string;
  /** The key in its wire form. */
  readonly key: Buffer;
  /** Whether the line speaks of a host, by the name that `hostName` makes. */
  readonly covers: (name: string) => boolean;
}

/** The lines that speak of one host. */
export interface KnownKeys {
  readonly trusted: readonly KnownHost[];
  readonly revoked: readonly KnownHost[];
  readonly authorities: readonly KnownHost[];
}

/**
 * Reads the lines of an OpenSSH known_hosts file. Throws INPUT with every malformed line; `file` is where they stand,
 * if it is a file of the workspace. `lenient` passes over them, as ssh does: a person's own file was not made for Shipper.
 */
export function parseKnownHosts(text: string, file?: string, lenient = false): readonly KnownHost[] {
  const problems: Problem[] = [];
  const known = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .flatMap((content, index) => {
      if (/^\s*(?:#|$)/.test(content)) return [];
      const line = index + 1;
      const entry = readLine(content.trim(), line);
      if (typeof entry !== 'string') return [entry];
      const at = file === undefined ? undefined : { file, line, column: 1 };
      problems.push({ message: `known-hosts, line ${String(line)}: ${entry}`, at });
      return [];
    });
  if (problems.length > 0 && !lenient) throw new ShipperError('INPUT', problems);
  return known;
}

/** A line's meaning, or what is wrong with it. */
function readLine(content: string, line: number): KnownHost | string {
  const fields = content.split(/\s+/);
  const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') {
    return `the marker ${marker} is unknown; there are @revoked and @cert-authority.`;
  }
  const [hosts = '', type = '', base64 = ''] = fields;
  if (/(?:^| )(?:SHA256|MD5):/.test(`${hosts} ${type}`)) {
    return 'this is a fingerprint, as `ssh-keygen -l` prints it: give it as `fingerprint`.';
  }
  if (type.startsWith('AAAA')) return 'the host is missing: it goes before the type of the key.';
  if (/^\d+$/.test(type)) return 'this is a key of SSH version 1, which no server uses: remove the line.';
  if (base64 === '') return 'it has to be `host type key`, such as `example.com ssh-ed25519 AAAA…`.';
  const covers = readHostPatterns(hosts);
  if (covers === undefined) return 'the hashed host is damaged: it has to be `|1|salt|hash`.';
  const key = Buffer.from(base64, 'base64');
  if (key.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '')) return 'the key is not base64.';
  const inner = keyTypeOf(key);
  if (inner === '') return 'the key is cut off or damaged.';
  if (inner !== type) return `it says ${type}, but the key is of another type.`;
  return { line, marker: marker?.slice(1) as KnownHost['marker'], type, key, covers };
}

/**
 * The lines for a host, by OpenSSH's rules: a port other than 22 is looked up as `[host]:port`, and only if no line
 * speaks of that, as the host alone.
 */
export function lookUp(known: readonly KnownHost[], host: string, port: number): KnownKeys {
  const exact = linesFor(known, hostName(host, port));
  if (port === 22) return exact;
  const anyPort = linesFor(known, hostName(host, 22));
  return {
    trusted: exact.trusted.length > 0 ? exact.trusted : anyPort.trusted,
    revoked: [...exact.revoked, ...anyPort.revoked],
    authorities: [...exact.authorities, ...anyPort.authorities],
  };
}

function linesFor(known: readonly KnownHost[], name: string): KnownKeys {
  const found = known.filter(({ covers }) => covers(name));
  return {
    trusted: found.filter(({ marker }) => marker === undefined),
    revoked: found.filter(({ marker }) => marker === 'revoked'),
    authorities: found.filter(({ marker }) => marker === 'cert-authority'),
  };
}
