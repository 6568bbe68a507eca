import type { Duplex } from 'node:stream';
import type { Connection } from 'ssh2';

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
  /** Gets each key exchange before it says anything. */
  onExchange(bend: (exchange: Exchange) => void): void;
}

export function innards(connection: Connection): ServerProtocol {
  const { _protocol: protocol, _sock: stream } = connection as unknown as {
    readonly _protocol: ServerProtocol & { _kex: Exchange };
    readonly _sock: Duplex;
  };
  return Object.assign(protocol, {
    stream,
    onExchange: (bend: (exchange: Exchange) => void): void => {
      let current = protocol._kex;
      Object.defineProperty(protocol, '_kex', {
        get: () => current,
        set: (exchange: Exchange) => bend((current = exchange)),
      });
    },
  });
}
