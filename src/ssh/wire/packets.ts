import type { ParsedKey } from 'ssh2';
import utils from 'ssh2/lib/protocol/utils.js';
import { writeStrings } from '../public-key.ts';
import type { ProtocolPart, Sign } from './parts.ts';

const ignore = 2;
const userauthRequest = 50;
const certificate = '-cert-v01@openssh.com';

/** The algorithm of a certified key, without its certificate: the server checks the signature by that. */
const plain = (name: string): string => (name.endsWith(certificate) ? name.slice(0, -certificate.length) : name);

/** By which algorithm a key is asked for and signed with; ssh2 knows it for keys without a certificate. */
export function algorithmFor(key: ParsedKey, chosen: string | undefined): string {
  if (chosen !== undefined) return chosen;
  return plain(key.type) === 'ssh-rsa' && key.type !== 'ssh-rsa' ? `rsa-sha2-512${certificate}` : key.type;
}

/**
 * Sends a signed request to be let in, as ssh2's `authPK` does, but for certified keys too: in the request stands the
 * certificate and its name, in the signature the plain algorithm's name. A certified RSA key signs with SHA-512.
 */
export function sendSigned(
  protocol: ProtocolPart,
  request: {
    readonly user: string;
    readonly key: ParsedKey;
    readonly algorithm: string | undefined;
    readonly sign: Sign;
  },
  onSent: () => void,
): void {
  const { user, key } = request;
  const algorithm = algorithmFor(key, request.algorithm);
  const unsigned = Buffer.concat([
    Buffer.of(userauthRequest),
    writeStrings(user, 'ssh-connection', 'publickey'),
    Buffer.of(1),
    writeStrings(algorithm, key.getPublicSSH()),
  ]);
  request.sign(Buffer.concat([writeStrings(protocol._kex.sessionID), unsigned]), (signature) => {
    const converted = utils.convertSignature(signature, plain(key.type));
    if (!Buffer.isBuffer(converted)) throw new Error('the signature of the key could not be read');
    protocol._authsQueue.push('publickey');
    send(protocol, Buffer.concat([unsigned, writeStrings(writeStrings(plain(algorithm), converted))]));
    onSent();
  });
}

/**
 * Sends a packet that says nothing. dropbear leaves at what comes too early, such as a channel before the login succeeded,
 * without what it has yet to say; with this before it, it says first that the login failed.
 */
export function sendNothing(protocol: ProtocolPart): void {
  send(protocol, Buffer.concat([Buffer.of(ignore), writeStrings('')]));
}

function send(protocol: ProtocolPart, payload: Buffer): void {
  const { write } = protocol._packetRW;
  const start = write.allocStart;
  const packet = write.alloc(payload.length);
  packet.set(payload, start);
  utils.sendPacket(protocol, write.finalize(packet));
}
