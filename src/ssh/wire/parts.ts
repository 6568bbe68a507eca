import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';

/** One direction of a channel, as ssh2 keeps it. */
interface Flow {
  id: number;
  /** Bytes that may still pass. */
  window: number;
  packetSize: number;
  state: string;
}

type Written = (error?: Error | null) => void;

/** The parts of ssh2's `Channel` that this room touches. */
export interface ChannelPart {
  readonly incoming: Flow;
  readonly outgoing: Flow;
  _write(data: Buffer, encoding: BufferEncoding | null, callback: Written): void;
}

/** What a server says when it opens a channel. */
export interface Confirmation {
  readonly recipient: number;
  readonly sender: number;
  readonly window: number;
  readonly packetSize: number;
}

/** What ssh2's `Client` does with each message; the first argument is always the protocol. */
export interface Handlers {
  CHANNEL_OPEN_CONFIRMATION: (protocol: ProtocolPart, info: Confirmation) => void;
  CHANNEL_DATA: (protocol: ProtocolPart, recipient: number, data: Buffer) => void;
  CHANNEL_EXTENDED_DATA: (protocol: ProtocolPart, recipient: number, data: Buffer, type: number) => void;
}

/** The parts of ssh2's `Protocol` that this room touches. */
export interface ProtocolPart {
  readonly _handlers: Handlers;
}

/** The parts of ssh2's `Client` that this room touches. They are there once `connect` was called. */
export interface ClientPart {
  readonly _protocol: ProtocolPart;
  readonly _sock: Duplex;
  readonly _chanMgr: { get(channel: number): ChannelPart | ((error: Error) => void) | undefined };
}

/**
 * ssh2 as it is inside. Its public interface reaches none of this: the version is pinned, and `__tests__/ssh/wire.test.ts`
 * fails where another one has moved these parts.
 */
export function partsOf(client: Client): ClientPart {
  return client as unknown as ClientPart;
}
