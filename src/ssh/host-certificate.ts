import { validityAt, type Certificate } from './certificate.ts';
import { hostName } from './host-pattern.ts';
import type { KnownHost, KnownKeys } from './known-hosts.ts';
import { fingerprintOf, rsaBits } from './public-key.ts';
import { isSignedBy } from './signature.ts';

/** Why a host certificate is not to be trusted. */
export interface HostCertificateDefect {
  /** Goes on behind the facts of the certificate. */
  readonly sentence: string;
  /** What to do. */
  readonly advice: string;
}

/** The smallest RSA key of a host or an authority that is worth anything. */
export const fewestBits = 2048;

/**
 * What is wrong with a certificate that a host shows, by the lines of known_hosts that speak of it. Only the names of the
 * certificate count, each as it stands: one without names would be for every host, and is for none.
 */
export function defectOfHost(
  certificate: Certificate,
  host: string,
  { authorities, revoked }: KnownKeys,
  now: Date,
): HostCertificateDefect | undefined {
  const { kind, publicKey, authority, signed, signature, principals, criticalOptions } = certificate;
  const issue = 'Have a new one issued by `ssh-keygen -s … -h`, and name it as HostCertificate in sshd_config.';
  const refuse = (sentence: string, advice = issue): HostCertificateDefect => ({ sentence, advice });
  const withdrawn = revoked.find(({ key }) =>
    [authority, publicKey, certificate.blob].some((each) => each.equals(key)),
  );
  if (withdrawn !== undefined) {
    const whose = withdrawn.key.equals(authority) ? 'its authority' : 'its key';
    return refuse(`but ${whose} is @revoked by line ${String(withdrawn.line)} of known-hosts.`);
  }
  if (kind !== 'host') return refuse('but it is not one of a host: it was made for users.');
  if (!authorities.some(({ key }) => key.equals(authority))) {
    return refuse(`but not by ${authorities.map(describeAuthority).join(' or ')}.`, trustIt);
  }
  const small = [authority, publicKey].map(rsaBits).find((bits) => bits !== undefined && bits < fewestBits);
  if (small !== undefined)
    return refuse(`but with an RSA key of ${String(small)} bits, and Shipper trusts none under ${String(fewestBits)}.`);
  if (!isSignedBy(authority, signed, signature)) {
    return refuse(
      'but its signature is not one of that key, by Ed25519, ECDSA or RSA with SHA-2: it is forged or damaged.',
    );
  }
  const clock = `by the runner's clock it is ${now.toISOString().replace(/\.\d+/, '')}.`;
  const validity = validityAt(certificate, now);
  if (validity !== 'valid')
    return refuse(`but it ${validity === 'early' ? 'is not valid yet' : 'has expired'}: ${clock}`);
  if (!principals.includes(hostName(host, 22))) {
    return refuse(`but it is not for ${hostName(host, 22)}, by which the run calls it.`);
  }
  const [option] = criticalOptions;
  return option === undefined
    ? undefined
    : refuse(`but it makes a condition that Shipper does not know: ${JSON.stringify(option.slice(0, 100))}.`);
}

const trustIt =
  'If that authority is the right one, put its line (@cert-authority) into `known-hosts`; if not, another machine may answer in its place.';

function describeAuthority({ key, line }: KnownHost): string {
  return `${fingerprintOf(key)} (known-hosts, line ${String(line)})`;
}
