import { readFingerprints } from './fingerprints.ts';
import { parseKnownHosts, type KnownHost } from './known-hosts.ts';

/** What a run knows of its servers' keys. Nothing at all is allowed: then every server is refused, with its line. */
export interface HostKeys {
  readonly known: readonly KnownHost[];
  /** `SHA256:…`, without padding; of any of the server's keys. */
  readonly fingerprints: readonly string[];
}

export interface HostKeyInputs {
  /** The lines of a known_hosts file. */
  readonly knownHosts?: string | undefined;
  /** Where they come from, if that is a file of the workspace. */
  readonly knownHostsFile?: string | undefined;
  /** Whether lines that cannot be read are passed over. */
  readonly lenient?: boolean;
  /** One or more fingerprints, bare or as `ssh-keygen -l` prints them. */
  readonly fingerprint?: string | undefined;
}

/** Reads the inputs `known-hosts` and `fingerprint`; throws INPUT. */
export function readHostKeys({ knownHosts = '', knownHostsFile, lenient, fingerprint = '' }: HostKeyInputs): HostKeys {
  return { known: parseKnownHosts(knownHosts, knownHostsFile, lenient), fingerprints: readFingerprints(fingerprint) };
}
