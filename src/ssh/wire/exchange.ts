import type { ExchangePart, OfferPart, ProtocolPart } from './parts.ts';

const kexInit = 20;
/** Bytes of a KEXINIT before its first list: the number of the message, and a cookie. */
const beforeLists = 17;
/** The exchange of ssh2 that stands in for one that it does not know, and its other name. */
const standIn = 'curve25519-sha256';
const otherName = 'curve25519-sha256@libssh.org';

/** A key exchange that ssh2 does not know, made of its curve25519-sha256. */
export interface AddedExchange {
  readonly name: string;
  /** Turns ssh2's exchange into this one, before it says anything. */
  readonly adapt: (exchange: ExchangePart) => void;
}

/**
 * Offers a key exchange before all others. Where the other side offers it too, ssh2 is shown curve25519-sha256 in its
 * place: it makes that exchange, which is adapted before it begins. What both sides sign is what was really sent. Holds
 * for renewals as well. To be called before anything was read.
 */
export function addExchange(protocol: ProtocolPart, { name, adapt }: AddedExchange): void {
  protocol._offer = withOffer(protocol._offer, { kex: [name] });
  let received: Buffer | undefined;
  const shown = (payload: Buffer): Buffer => {
    if (payload[0] !== kexInit) return payload;
    const rewritten = showStandIn(payload, name);
    received = rewritten === undefined ? undefined : payload;
    return rewritten ?? payload;
  };
  eachExchange(protocol, (exchange) => {
    if (received === undefined) return;
    exchange._remoteKexinit = received;
    exchange.negotiated.kex = name;
    received = undefined;
    adapt(exchange);
  });
  const { _onHeader: onHeader, _onPayload: onPayload } = protocol;
  protocol._onPayload = (payload) => onPayload(shown(payload));
  const interpose = (): void => {
    const { _decipher: decipher } = protocol;
    if (decipher === undefined) return; // A server of ssh2 has it before anyone sees the connection.
    const first = decipher._onPayload;
    decipher._onPayload = (payload) => first(shown(payload));
  };
  interpose();
  protocol._onHeader = (header) => {
    interpose();
    onHeader(header);
  };
}

/** Tells of each key exchange before it says anything. */
export function eachExchange(protocol: ProtocolPart, listener: (exchange: ExchangePart) => void): void {
  const before = Object.getOwnPropertyDescriptor(protocol, '_kex');
  let current = protocol._kex;
  Object.defineProperty(protocol, '_kex', {
    configurable: true,
    get: () => current,
    set: (exchange: ExchangePart) => {
      before?.set?.(exchange);
      current = exchange;
      listener(exchange);
    },
  });
}

/** An offer with more in it, before what it has. */
export function withOffer(
  offer: OfferPart,
  more: { readonly kex?: readonly string[]; readonly serverHostKey?: readonly string[] },
): OfferPart {
  const { kex, serverHostKey, cs, sc } = offer.lists;
  const flow = ({ cipher, mac, compress, lang }: typeof cs): object => ({
    ...{ cipher: cipher.array, mac: mac.array, compress: compress.array, lang: lang.array },
  });
  const Offer = offer.constructor as new (lists: object) => OfferPart;
  const hostKeys = [...(more.serverHostKey ?? []), ...serverHostKey.array];
  return new Offer({ kex: [...(more.kex ?? []), ...kex.array], serverHostKey: hostKeys, cs: flow(cs), sc: flow(sc) });
}

/** The other side's KEXINIT with the stand-in for an exchange; undefined where it does not offer that. */
function showStandIn(payload: Buffer, name: string): Buffer | undefined {
  if (payload.length < beforeLists + 4) return undefined;
  const end = beforeLists + 4 + payload.readUInt32BE(beforeLists);
  if (end > payload.length) return undefined;
  const names = payload.toString('latin1', beforeLists + 4, end).split(',');
  if (!names.includes(name)) return undefined;
  const others = names.filter((each) => each !== standIn && each !== otherName);
  const list = Buffer.from(others.map((each) => (each === name ? standIn : each)).join(','), 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(list.length);
  return Buffer.concat([payload.subarray(0, beforeLists), length, list, payload.subarray(end)]);
}
