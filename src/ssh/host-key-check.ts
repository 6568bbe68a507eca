import { describeCertificate, readCertificate } from './certificate.ts';
import type { HostKeyPolicy, HostKeyRefused } from './host-key-policy.ts';

/**
 * The host keys of one connection: the first is judged, each later one (whenever session keys are renewed) has to be the
 * same. A certificate that was valid when the connection began may end while it stands.
 */
export class HostKeyCheck {
  readonly #policy: HostKeyPolicy;
  readonly #offered: () => readonly string[];
  /** The key or the certificate that was shown first, and trusted. */
  #first: Buffer | undefined;
  /** The key of the certificate. */
  #certified: Buffer | undefined;
  #refusal: HostKeyRefused | undefined;

  /** `offered`: the algorithms that the server has keys for, once it has said so. */
  constructor(policy: HostKeyPolicy, offered: () => readonly string[]) {
    this.#policy = policy;
    this.#offered = offered;
  }

  /** Why the connection had to end, if it was for what the server showed. */
  get refusal(): HostKeyRefused | undefined {
    return this.#refusal;
  }

  /** The facts of the certificate that the server is known by; undefined where it is by its key. */
  get certificate(): string | undefined {
    const certificate = this.#certified && this.#first && readCertificate(this.#first);
    return certificate && `host certificate ${describeCertificate(certificate)}`;
  }

  /** Whether a key in its wire form may be trusted. */
  accept(key: Buffer): boolean {
    if (this.#certified?.equals(key) === true) return true;
    this.#refusal =
      this.#first === undefined
        ? this.#policy.refuse(key, this.#offered())
        : this.#policy.refuseChange(this.#first, key);
    if (this.#refusal === undefined) this.#first ??= key;
    return this.#refusal === undefined;
  }

  /** The key of a certificate in its wire form, which then may be trusted. Throws HOST_KEY where it may not. */
  acceptCertificate(blob: Buffer): Buffer {
    const changed = this.#first === undefined ? undefined : this.#policy.refuseChange(this.#first, blob);
    const key = changed ?? this.#certified ?? this.#policy.readCertificate(blob);
    if (!Buffer.isBuffer(key)) {
      this.#refusal = key;
      throw key;
    }
    this.#first ??= blob;
    this.#certified = key;
    return key;
  }
}
