import type { ErrorCode, ShipperError } from '../errors.ts';

/** What a server offered, when it had nothing that Shipper takes. */
interface Offer {
  /** What errors call the server. */
  readonly place: string;
  /** What the server offers, by ssh2's name for the kind, such as `KEX method`. */
  readonly offers: ReadonlyMap<string, string>;
  /** Types of host keys that the server is held to. */
  readonly hostKeyTypes: readonly string[];
}

type Fail = (code: ErrorCode, message: string) => ShipperError;

/** ssh2's name for a kind in its error, to its name for the same in what the server offers, and to ours. */
const kinds = new Map([
  ['key exchange algorithm', ['KEX method', 'key exchange']],
  ['host key format', ['Host key format', 'host key']],
] as const);

/** Says what a server and Shipper have nothing in common of, and what to do; `kind` is ssh2's name for it. */
export function explainNothingInCommon(kind: string, offer: Offer, fail: Fail): ShipperError {
  const { place, offers, hostKeyTypes } = offer;
  const [list, name] = [...kinds].find(([ours]) => ours === kind)?.[1] ?? [kind, kind];
  const names = (offers.get(list) ?? 'none').split(',');
  const offered = names.slice(0, 50).join(', ').slice(0, 1000);
  if (
    name === 'host key' &&
    names.includes('ssh-rsa') &&
    (hostKeyTypes.length === 0 || hostKeyTypes.includes('ssh-rsa'))
  ) {
    return fail(
      'CONNECT',
      `${place} signs with its RSA key by SHA-1 only (it offers ${offered}), which others can forge, so Shipper cannot tell it from another machine. Update the SSH server, or give it an Ed25519 key as well (\`ssh-keygen -A\` as root there), and put that key's line into known-hosts.`,
    );
  }
  if (name === 'host key' && hostKeyTypes.length > 0) {
    return fail(
      'HOST_KEY',
      `${place} has no host key of a known type (${hostKeyTypes.join(', ')}), only ${offered}: it was given new keys, or another machine answers in its place. If it was, replace its lines in known-hosts: without them, Shipper prints the new one.`,
    );
  }
  if (name === 'key exchange' && names.every((method) => /^(?:sntrup|mlkem)|^(?:ext-info|kex-strict)-s/.test(method))) {
    return fail(
      'CONNECT',
      `${place} takes post-quantum key exchange only (${offered}), and Shipper on Node ${process.versions.node} has none of these. ${postQuantumAdvice(names)}`,
    );
  }
  return fail(
    'CONNECT',
    `${place} and Shipper have no ${name} in common. It offers ${offered}; Shipper speaks none that are known to be weak. Update the SSH server, or allow a modern one in its sshd_config.`,
  );
}

function postQuantumAdvice(offered: readonly string[]): string {
  const beside = 'add curve25519-sha256 to KexAlgorithms in its sshd_config';
  return offered.includes('mlkem768x25519-sha256')
    ? `Use Node 24.7 or newer, or ${beside}.`
    : `Add mlkem768x25519-sha256 (OpenSSH 9.9) there, or ${beside}.`;
}
