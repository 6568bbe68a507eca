import type { KeyObject } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Client, ParsedKey } from 'ssh2';

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

/** What a server announces of itself. */
export interface Extension {
  readonly name: string;
  algs: readonly string[];
}

/** What ssh2's `Client` does with each message; the first argument is always the protocol. */
export interface Handlers {
  SERVICE_ACCEPT: (protocol: ProtocolPart, name: string) => void;
  EXT_INFO: (protocol: ProtocolPart, extensions: readonly Extension[]) => void;
  /** The server would take the key that is being tried: it is signed with, and sent. */
  USERAUTH_PK_OK: (protocol: ProtocolPart) => void;
  GLOBAL_REQUEST: (protocol: ProtocolPart, name: string, wantReply: boolean) => void;
  CHANNEL_OPEN_CONFIRMATION: (protocol: ProtocolPart, info: Confirmation) => void;
  CHANNEL_DATA: (protocol: ProtocolPart, recipient: number, data: Buffer) => void;
  CHANNEL_WINDOW_ADJUST: (protocol: ProtocolPart, recipient: number, bytes: number) => void;
  CHANNEL_EXTENDED_DATA: (protocol: ProtocolPart, recipient: number, data: Buffer, type: number) => void;
}

/** Signs the request, and hands over the signature when it is there. */
export type Sign = (request: Buffer, done: (signature: Buffer) => void) => void;

/** One key exchange of ssh2, as its curve25519-sha256 is. */
export interface ExchangePart {
  readonly sessionID: Buffer;
  readonly negotiated: { kex: string; serverHostKey: string };
  /** What a server showed, which both hash. */
  _hostKey: Buffer | undefined;
  /** What the other side offered, which both sign. */
  _remoteKexinit: Buffer;
  getPublicKey(): Buffer;
  convertPublicKey(key: Buffer): Buffer;
  /** The secret as it is hashed; an error ends the connection. */
  computeSecret(theirs: Buffer): Buffer | Error;
  /** Gets the packets of the exchange. */
  parse(payload: Buffer): unknown;
}

interface List {
  readonly array: readonly string[];
}

interface FlowLists {
  readonly cipher: List;
  readonly mac: List;
  readonly compress: List;
  readonly lang: List;
}

/** What one side offers in a key exchange. */
export interface OfferPart {
  readonly lists: {
    readonly kex: List;
    readonly serverHostKey: List;
    readonly cs: FlowLists;
    readonly sc: FlowLists;
  };
}

/** What encrypts or decrypts the packets of a connection. AES-GCM begins anew with each. */
export interface CipherPart {
  _encKey?: Buffer | KeyObject;
  _decipherKey?: Buffer | KeyObject;
  _onPayload: (payload: Buffer) => void;
}

/** The parts of ssh2's `Protocol` that this room touches. Its methods are replaced on the one instance. */
export interface ProtocolPart {
  readonly _handlers: Handlers;
  _kex: ExchangePart;
  _offer: OfferPart;
  /** Told when the other side has identified itself; its KEXINIT comes next. */
  _onHeader: (header: object) => void;
  /** Gets each packet, but for those of a key exchange that has begun. */
  _onPayload: (payload: Buffer) => void;
  /** Before the first key exchange, it gets the packets. */
  _decipher: CipherPart | undefined;
  _cipher: CipherPart;
  /** The requests to be let in that were not yet answered. */
  readonly _authsQueue: string[];
  readonly _packetRW: {
    readonly write: {
      /** Where in a packet its payload begins. */
      readonly allocStart: number;
      alloc(payload: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  service: (name: string) => void;
  authPassword: (username: string, password: string, changed?: string) => void;
  /** Without `sign`, only asks whether the key would do. */
  authPK: (username: string, key: ParsedKey, algorithm?: string, sign?: Sign) => void;
  requestFailure(): void;
  channelData(channel: number, data: Buffer): void;
  exec: (channel: number, command: string, wantReply: boolean) => void;
}

/** The parts of ssh2's `Client` that this room touches. They are there once `connect` was called. */
export interface ClientPart {
  readonly _protocol: ProtocolPart;
  readonly _sock: Duplex;
  readonly _chanMgr: { get(channel: number): ChannelPart | ((error: Error) => void) | undefined };
  /** Such as `OpenSSH_9.2p1`; undefined until the server has identified itself. */
  readonly _remoteVer: string | undefined;
  /** The server has given a sign of life: what was counted as silence starts anew. */
  _resetKA(): void;
}

/**
 * ssh2 as it is inside. Its public interface reaches none of this: the version is pinned, and `__tests__/ssh/wire.test.ts`
 * fails where another one has moved these parts.
 */
export function partsOf(client: Client): ClientPart {
  return client as unknown as ClientPart;
}
