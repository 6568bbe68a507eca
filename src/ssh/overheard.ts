/** What a server says that ssh2 keeps to itself, learned from its debug messages; for the words of errors only. */
export class Overheard {
  /** What the server offers, by ssh2's name for the kind, such as `KEX method`. */
  readonly offers = new Map<string, string>();
  /** The algorithms for which the server has host keys. */
  get hostKeyAlgorithms(): readonly string[] {
    return this.offers.get('Host key format')?.split(',') ?? [];
  }

  /** The ways in which the server lets the user in; empty until it has refused one. */
  methods: readonly string[] = [];

  readonly listen = (message: string): void => {
    const [, kind, offer] = /^Handshake: \(remote\) ([^:]+): (.*)$/.exec(message) ?? [];
    if (kind !== undefined && offer !== undefined) this.offers.set(kind, offer);
    const methods = /^Inbound: Received USERAUTH_FAILURE \((.*)\)$/.exec(message)?.[1];
    if (methods !== undefined) this.methods = methods.split(',').filter((method) => method !== '');
  };
}
