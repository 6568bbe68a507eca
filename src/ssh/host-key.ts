import type { ServerHostKeyAlgorithm } from 'ssh2';
import { ShipperError } from '../errors.ts';
import { hostKeyAlgorithms } from './algorithms.ts';
import { hostName } from './host-pattern.ts';
import { lookUp, parseKnownHosts, type KnownHost, type KnownKeys } from './known-hosts.ts';
import { fingerprintOf, keyTypeOf, publicKeyLine } from './public-key.ts';

/** What a run knows of its servers' keys. Nothing at all is allowed: then every server is refused, with its line. */
export interface HostKeys {
  readonly known: readonly KnownHost[];
  /** `SHA256:…`, without padding. */
  readonly fingerprints: readonly string[];
}

export interface HostKeyInputs {
  /** The lines of a known_hosts file. */
  readonly knownHosts?: string | undefined;
  /** Where they come from, if that is a file of the workspace. */
  readonly knownHostsFile?: string | undefined;
  /** Whether lines that cannot be read are passed over. */
  readonly lenient?: boolean;
  /** One or more `SHA256:…`, separated by white space or commas. */
  readonly fingerprint?: string | undefined;
}

/** Reads the inputs `known-hosts` and `fingerprint`; throws INPUT. */
export function readHostKeys({ knownHosts = '', knownHostsFile, lenient, fingerprint = '' }: HostKeyInputs): HostKeys {
  const fingerprints = fingerprint.split(/[\s,]+/).filter((entry) => entry !== '');
  return {
    known: parseKnownHosts(knownHosts, knownHostsFile, lenient),
    fingerprints: fingerprints.map(readFingerprint),
  };
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
      `The fingerprint ${text} has to be SHA256: and 43 characters, nothing else; ${hint}.`,
    );
  }
  return text.replace('=', '');
}

/** Which host keys one server may show. */
export interface HostKeyPolicy {
  /** What to ask the server for. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  /** The types that the server is held to; none where any type may be the right one. */
  readonly types: readonly string[];
  /** Judges a key in its wire form. Pure: ssh2 asks again whenever session keys are renewed. */
  refuse(key: Buffer): ShipperError | undefined;
}

/** `place` is what errors call the server, and `target` the target that they belong to. */
export function hostKeyPolicy(
  hostKeys: HostKeys,
  server: { readonly host: string; readonly port: number; readonly place: string; readonly target: string | undefined },
): HostKeyPolicy {
  const found = lookUp(hostKeys.known, server.host, server.port);
  const types = hostKeys.fingerprints.length > 0 ? [] : [...new Set(found.trusted.map(({ type }) => type))];
  return {
    algorithms: hostKeyAlgorithms(new Set(types)),
    types,
    refuse: (key) => {
      const reason = reasonToRefuse(key, found, hostKeys);
      if (reason === undefined) return undefined;
      const line = `${hostName(server.host, server.port)} ${publicKeyLine(key)}`;
      const seen = `It shows ${keyTypeOf(key)} ${fingerprintOf(key)}`;
      const what = [
        `${server.place} ${reason} Nothing was sent to it.`,
        `${seen}; its line for known-hosts would be`,
        line,
      ];
      return new ShipperError('HOST_KEY', [...what, howToCompare(keyTypeOf(key))].join('\n'), {
        target: server.target,
      });
    },
  };
}

function reasonToRefuse(key: Buffer, found: KnownKeys, { known, fingerprints }: HostKeys): string | undefined {
  const revoked = found.revoked.find((entry) => entry.key.equals(key));
  if (revoked !== undefined) {
    return `shows a host key that is @revoked by line ${String(revoked.line)} of known-hosts: whoever holds it is not to be trusted.`;
  }
  if (fingerprints.includes(fingerprintOf(key)) || found.trusted.some((entry) => entry.key.equals(key)))
    return undefined;
  const wanted = [...found.trusted.map(describeKnown), ...fingerprints.map((print) => `${print} (fingerprint)`)];
  if (wanted.length > 0) {
    const other = fingerprints.length > 0 ? `the fingerprint is of another of its keys than ${keyTypeOf(key)}, ` : '';
    return `does not show the host key that it should have, ${wanted.join(' or ')}: ${other}it was given new keys, or another machine answers in its place.`;
  }
  const [authority] = found.authorities;
  if (authority !== undefined) {
    return `is known by a certificate authority only (line ${String(authority.line)} of known-hosts), and Shipper does not use SSH certificates: its own key has to be in known-hosts.`;
  }
  if (known.length > 0) return 'is not in known-hosts.';
  return 'cannot be told from another machine: the run has neither `known-hosts` nor `fingerprint`.';
}

function describeKnown({ type, key, line }: KnownHost): string {
  return `${type} ${fingerprintOf(key)} (known-hosts, line ${String(line)})`;
}

function howToCompare(type: string): string {
  const kind = type.startsWith('ecdsa-') ? 'ecdsa' : type.replace(/^ssh-/, '');
  const command = `ssh-keygen -lf /etc/ssh/ssh_host_${kind}_key.pub`;
  return `Compare first: \`${command}\`, on the server itself, has to show the same SHA256:…. Then put the line into \`known-hosts\`.`;
}
