import type { Duplex } from 'node:stream';
import type { Connection, ParsedKey } from 'ssh2';
import { eachExchange, withOffer } from '../../src/ssh/wire/exchange.ts';
import type { OfferPart, ProtocolPart } from '../../src/ssh/wire/parts.ts';

/** A key exchange of ssh2's server. */
export interface Exchange {
  getPublicKey(): Buffer;
}

/** What a server of ssh2 sends, to be bent: nothing of it is public. */
export interface ServerProtocol {
  channelOpenConfirm(remote: number, local: number, window: number, packet: number): void;
  channelOpenFail(remote: number, reason: number): void;
  channelSuccess(channel: number): void;
  channelData(channel: number, data: Buffer): void;
  channelExtData(channel: number, data: Buffer, type: number): void;
  readonly stream: Duplex;
  /** Shows another Ed25519 host key in each key exchange from now on. */
  showHostKey(key: ParsedKey): void;
  /** Gets each key exchange before it says anything. */
  onExchange(bend: (exchange: Exchange) => void): void;
}

export function innards(connection: Connection): ServerProtocol {
  const { _protocol: protocol, _sock: stream } = connection as unknown as {
    readonly _protocol: ServerProtocol & { _kex: Exchange; _offer: OfferPart; _hostKeys: Record<string, ParsedKey> };
    readonly _sock: Duplex;
  };
  return Object.assign(protocol, {
    stream,
    showHostKey: (key: ParsedKey): void => {
      const { type } = key;
      protocol._hostKeys = { ...protocol._hostKeys, [type]: key };
      if (protocol._offer.lists.serverHostKey.array.includes(type)) return;
      protocol._offer = withOffer(protocol._offer, { serverHostKey: [type] });
      eachExchange(protocol as unknown as ProtocolPart, (exchange) => {
        const computeSecret = exchange.computeSecret.bind(exchange);
        exchange.computeSecret = (theirs) => {
          // In the signature stands the plain name, as sshd writes it.
          exchange.negotiated.serverHostKey = exchange.negotiated.serverHostKey.replace(/-cert-v01@openssh\.com$/, '');
          return computeSecret(theirs);
        };
      });
    },
    onExchange: (bend: (exchange: Exchange) => void): void => {
      let current = protocol._kex;
      Object.defineProperty(protocol, '_kex', {
        get: () => current,
        set: (exchange: Exchange) => bend((current = exchange)),
      });
    },
  });
}
