import { takeStrings, writeStrings } from '../public-key.ts';
import { eachExchange, withOffer } from './exchange.ts';
import type { ExchangePart, ProtocolPart } from './parts.ts';

const exchangeReply = 31;
const suffix = '-cert-v01@openssh.com';

/**
 * Asks for host certificates by these algorithms, before plain keys. `accept` gets each that is shown, and gives the key
 * that it is about, by which ssh2 goes on as if that had been shown; or it throws, which ends the connection. What both
 * sides hash is the certificate. To be called before anything was read.
 */
export function askForCertificates(
  protocol: ProtocolPart,
  algorithms: readonly string[],
  accept: (certificate: Buffer) => Buffer,
): void {
  if (algorithms.length === 0) return;
  protocol._offer = withOffer(protocol._offer, { serverHostKey: algorithms.map((each) => `${each}${suffix}`) });
  eachExchange(protocol, (exchange) => {
    const parse = exchange.parse.bind(exchange);
    exchange.parse = (payload) =>
      parse(payload[0] === exchangeReply ? withPlainKey(exchange, payload, accept) : payload);
  });
}

function withPlainKey(exchange: ExchangePart, payload: Buffer, accept: (certificate: Buffer) => Buffer): Buffer {
  const { negotiated } = exchange;
  const [shown, rest] = takeStrings(payload.subarray(1), 1);
  if (!negotiated.serverHostKey.endsWith(suffix) || shown === undefined || rest === undefined) return payload;
  const key = accept(shown);
  negotiated.serverHostKey = negotiated.serverHostKey.slice(0, -suffix.length);
  hashCertificate(exchange, shown, key);
  return Buffer.concat([payload.subarray(0, 1), writeStrings(key), rest]);
}

/** ssh2 hashes what was shown between these two calls, and checks the signature with it after them. */
function hashCertificate(exchange: ExchangePart, certificate: Buffer, key: Buffer): void {
  const computeSecret = exchange.computeSecret.bind(exchange);
  const getPublicKey = exchange.getPublicKey.bind(exchange);
  exchange.computeSecret = (theirs) => {
    const secret = computeSecret(theirs);
    exchange._hostKey = certificate;
    return secret;
  };
  exchange.getPublicKey = () => {
    exchange._hostKey = key;
    return getPublicKey();
  };
}
