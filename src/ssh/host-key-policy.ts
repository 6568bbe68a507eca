import type { ServerHostKeyAlgorithm } from 'ssh2';
import { ShipperError } from '../errors.ts';
import { certificateAlgorithms, hostKeyAlgorithms, hostKeyTypes } from './algorithms.ts';
import { describeCertificate, readCertificate } from './certificate.ts';
import { defectOfHost, fewestBits } from './host-certificate.ts';
import type { HostKeys } from './host-key.ts';
import { hostName } from './host-pattern.ts';
import { lookUp, type KnownHost, type KnownKeys } from './known-hosts.ts';
import { fingerprintOf, keyTypeOf, publicKeyLine, rsaBits } from './public-key.ts';

/** Which host keys one server may show. */
export interface HostKeyPolicy {
  /** What to ask the server for. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  /** The types that the server is held to; none where any type may be the right one. */
  readonly types: readonly string[];
  /**
   * Judges a key in its wire form; `offered` are the algorithms that the server has keys for. Pure: ssh2 asks again
   * whenever session keys are renewed.
   */
  refuse(key: Buffer, offered: readonly string[]): HostKeyRefused | undefined;
  /** What certificates to ask for, by the names of plain signatures; none where no authority is known for the server. */
  readonly certificates: readonly string[];
  /** The key of a certificate, both in their wire forms; or why it is not to be trusted. */
  readCertificate(blob: Buffer): Buffer | HostKeyRefused;
  /** The key or certificate that is shown later on a connection has to be the first one. */
  refuseChange(first: Buffer, shown: Buffer): HostKeyRefused | undefined;
}

/** A server as host keys see it. */
export interface JudgedServer {
  readonly host: string;
  readonly port: number;
  /** What errors call it. */
  readonly place: string;
  /** Name of the target that errors belong to. */
  readonly target: string | undefined;
  /** The keys that it has shown before, none of which has the fingerprint that the run was given. */
  readonly shown: readonly Buffer[];
}

/** A server shows a host key that is not to be trusted. Nothing was sent to it. */
export class HostKeyRefused extends ShipperError {
  /** The key, in its wire form. */
  readonly key: Buffer;
  /** Whether the server has keys of other types, one of which may be the right one. */
  readonly hasOthers: boolean;

  constructor(message: string, target: string | undefined, key: Buffer, hasOthers: boolean) {
    super('HOST_KEY', message, { target });
    this.key = key;
    this.hasOthers = hasOthers;
  }
}

/** What to ask one server for, and how to judge what it shows. */
export function hostKeyPolicy(hostKeys: HostKeys, server: JudgedServer): HostKeyPolicy {
  const found = lookUp(hostKeys.known, server.host, server.port);
  const byFingerprint = hostKeys.fingerprints.length > 0;
  const types = byFingerprint ? [] : [...new Set(found.trusted.map(({ type }) => type))];
  const seen = new Set(server.shown.map(keyTypeOf));
  return {
    algorithms: hostKeyAlgorithms(new Set(types), seen),
    types,
    refuse: (key, offered) => {
      const reason = reasonToRefuse(key, found, hostKeys);
      if (reason === undefined) return undefined;
      const others = hostKeyTypes(offered).filter((type) => type !== keyTypeOf(key) && !seen.has(type));
      const message = describeRefusal(server, [...server.shown, key], reason);
      return new HostKeyRefused(message, server.target, key, byFingerprint && others.length > 0);
    },
    certificates: byFingerprint || found.authorities.length === 0 ? [] : certificateAlgorithms,
    readCertificate: (blob) => readHostCertificate(blob, server, found),
    refuseChange: (first, shown) => {
      if (first.equals(shown)) return undefined;
      const message = `${server.place} showed another host key, ${fingerprintOf(shown)}, when session keys were renewed: another machine may have taken its place. The connection was ended.`;
      return new HostKeyRefused(message, server.target, shown, false);
    },
  };
}

function readHostCertificate(blob: Buffer, server: JudgedServer, found: KnownKeys): Buffer | HostKeyRefused {
  const { place, target, host } = server;
  const certificate = readCertificate(blob);
  const defect =
    certificate === undefined
      ? {
          sentence: 'that cannot be read: it is damaged, or forged.',
          advice: 'Look at HostCertificate in its sshd_config.',
        }
      : defectOfHost(certificate, host, found, new Date());
  if (certificate !== undefined && defect === undefined) return certificate.publicKey;
  const facts = certificate === undefined ? '' : ` ${describeCertificate(certificate)},`;
  const message = `${place} shows a host certificate${facts} ${defect?.sentence ?? ''} Nothing was sent to it. ${defect?.advice ?? ''}`;
  return new HostKeyRefused(message, target, blob, false);
}

function describeRefusal({ host, port, place }: JudgedServer, keys: readonly Buffer[], reason: Reason): string {
  const seen = keys.map((key) => `${keyTypeOf(key)} ${fingerprintOf(key)}`).join(' and ');
  if (reason.advice !== undefined) {
    return `${place} ${reason.sentence} Nothing was sent to it. It shows ${seen}. ${reason.advice}`;
  }
  const whose = keys.length === 1 ? 'its line' : 'its lines';
  return [
    `${place} ${reason.sentence} Nothing was sent to it.`,
    `It shows ${seen}; ${whose} for known-hosts would be`,
    ...keys.map((key) => `${hostName(host, port)} ${publicKeyLine(key)}`),
    howToCompare(keyTypeOf(keys[0] ?? Buffer.alloc(0))),
  ].join('\n');
}

interface Reason {
  /** Goes on after the server's name. */
  readonly sentence: string;
  /** What to do, where trusting the key is not it. */
  readonly advice?: string;
}

function reasonToRefuse(key: Buffer, found: KnownKeys, { known, fingerprints }: HostKeys): Reason | undefined {
  const revoked = found.revoked.find((entry) => entry.key.equals(key));
  if (revoked !== undefined) {
    const sentence = `shows a host key that is @revoked by line ${String(revoked.line)} of known-hosts: whoever holds it is not to be trusted.`;
    return { sentence, advice: 'Give the server new keys, and put their lines into `known-hosts`.' };
  }
  const bits = rsaBits(key);
  if (bits !== undefined && bits < fewestBits) return tooSmall(bits);
  const print = fingerprintOf(key);
  if (fingerprints.includes(print) || found.trusted.some((entry) => entry.key.equals(key))) return undefined;
  const wanted = [...found.trusted.map(describeKnown), ...fingerprints.map((each) => `${each} (fingerprint)`)];
  if (wanted.length > 0) {
    return {
      sentence: `does not show the host key that it should have, ${wanted.join(' or ')}: it was given new keys, or another machine answers in its place.`,
    };
  }
  const [authority] = found.authorities;
  if (authority !== undefined) {
    return {
      sentence: `is known by a certificate authority only (line ${String(authority.line)} of known-hosts), and shows no certificate: name one as HostCertificate in its sshd_config, or put its own key into known-hosts.`,
    };
  }
  if (known.length > 0) return { sentence: 'is not in known-hosts.' };
  return { sentence: 'cannot be told from another machine: the run has neither `known-hosts` nor `fingerprint`.' };
}

function tooSmall(bits: number): Reason {
  return {
    sentence: `shows an RSA host key of ${String(bits)} bits, and Shipper trusts none under ${String(fewestBits)}: anyone could work out such a key and answer in its place.`,
    advice:
      'Let it show an Ed25519 key (`ssh-keygen -A` as root makes the missing ones, HostKey in sshd_config names them), and put the line of that key into `known-hosts`.',
  };
}

function describeKnown({ type, key, line }: KnownHost): string {
  return `${type} ${fingerprintOf(key)} (known-hosts, line ${String(line)})`;
}

function howToCompare(type: string): string {
  const kind = type.startsWith('ecdsa-') ? 'ecdsa' : type.replace(/^ssh-/, '');
  const command = `ssh-keygen -lf /etc/ssh/ssh_host_${kind}_key.pub`;
  return `Compare first: \`${command}\`, on the server itself, has to show the same SHA256:…. Then put the line into \`known-hosts\`.`;
}
