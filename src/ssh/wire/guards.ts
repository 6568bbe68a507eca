import type { ChannelPart, ClientPart } from './parts.ts';

/**
 * Bytes of a packet that a server has to take at least. RFC 4253 asks for 32,768; with 0, ssh2 1.17 would write the same
 * nothing for ever, and with a few, a chunk of data would become a million packets.
 */
const smallestPacket = 1_024;

/** Bytes that may wait for the network before a channel takes no more, whatever window its server announced. */
const longestQueue = 4 * 1_048_576;

/** A server that does what the protocol forbids; the connection ends with it. */
export class Breach extends Error {}

/** Holds a server to what ssh2 1.17 believes without looking: sizes of packets and windows. */
export function guardChannels(client: ClientPart): void {
  const { _protocol: protocol, _chanMgr: channels, _sock: stream } = client;
  const handlers = protocol._handlers;
  const { CHANNEL_OPEN_CONFIRMATION: confirm, CHANNEL_DATA: data, CHANNEL_EXTENDED_DATA: extendedData } = handlers;

  // ssh2 would have the server prove keys that it announces, which nobody here asks for.
  handlers.GLOBAL_REQUEST = (_, __, wantReply) => {
    if (wantReply) protocol.requestFailure();
  };
  handlers.CHANNEL_OPEN_CONFIRMATION = (_, info) => {
    if (info.packetSize < smallestPacket) {
      throw new Breach(`it opens a channel with packets of ${String(info.packetSize)} bytes at the most`);
    }
    confirm(_, info);
    const channel = channels.get(info.recipient);
    if (typeof channel === 'object') waitForNetwork(channel, stream);
  };
  const withinWindow = (recipient: number, { length }: Buffer): void => {
    const channel = channels.get(recipient);
    if (typeof channel === 'object' && length > channel.incoming.window) {
      throw new Breach('it sends more on a channel than it was allowed to');
    }
  };
  handlers.CHANNEL_DATA = (_, recipient, bytes) => {
    withinWindow(recipient, bytes);
    data(_, recipient, bytes);
  };
  handlers.CHANNEL_EXTENDED_DATA = (_, recipient, bytes, type) => {
    withinWindow(recipient, bytes);
    extendedData(_, recipient, bytes, type);
  };
}

/** ssh2 hands all that a window admits to the socket, and a window may be 4 GB: what is taken has to go out as well. */
function waitForNetwork(channel: ChannelPart, stream: ClientPart['_sock']): void {
  const write = channel._write.bind(channel);
  channel._write = (bytes, encoding, callback) =>
    write(bytes, encoding, (error) => {
      if (stream.writableLength > longestQueue && stream.writableNeedDrain) stream.once('drain', () => callback(error));
      else callback(error);
    });
}
