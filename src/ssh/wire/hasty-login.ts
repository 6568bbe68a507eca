import type { Duplex } from 'node:stream';
import { algorithmFor, sendSigned } from './packets.ts';
import { takesHaste } from './hasty-servers.ts';
import type { ClientPart, Extension } from './parts.ts';

/**
 * Lets the login take one round trip after the key exchange, where ssh2 takes three: the request to be let in goes out
 * as soon as the server has said by which algorithms (with the same packets as the end of the key exchange), not only
 * when it has accepted to authenticate at all; and a key is signed with at once, not only when the server has said that
 * it would do. By then the host key is verified. `onProof` is told when something went out that may let the user in.
 *
 * An agent is still asked first whether the server takes a key: it may want its owner's consent for each signature.
 */
export function hastenLogin(client: ClientPart, onProof: () => void): void {
  const { _protocol: protocol } = client;
  const handlers = protocol._handlers;
  const { SERVICE_ACCEPT: accepted, EXT_INFO: announced } = handlers;
  const service = protocol.service.bind(protocol);
  const authPassword = protocol.authPassword.bind(protocol);
  const askWith = protocol.authPK.bind(protocol);
  const inHaste = (): boolean => takesHaste(client._remoteVer);
  let requested = '';

  const begin = (): void => {
    const name = requested;
    requested = '';
    if (name === '') return;
    writeTogether(client._sock);
    accepted(protocol, name);
  };
  protocol.service = (name) => {
    service(name);
    requested = name;
  };
  handlers.SERVICE_ACCEPT = (_, name) => {
    if (name === requested) begin();
  };
  handlers.EXT_INFO = (_, extensions) => {
    announced(_, extensions.map(withoutWeaker));
    if (inHaste()) begin();
  };
  protocol.authPassword = (...request) => {
    writeTogether(client._sock);
    authPassword(...request);
    onProof();
  };
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign !== undefined) sendSigned(protocol, { user, key, algorithm, sign }, onProof);
    else if (inHaste() && key.isPrivateKey()) handlers.USERAUTH_PK_OK(protocol);
    else askWith(user, key, algorithmFor(key, algorithm));
  };
}

/**
 * What is said from here on until this turn of the event loop ends goes out at once: a server that leaves at the first of
 * it would otherwise break the writing of the rest, and what it said itself be lost.
 */
function writeTogether(stream: Duplex): void {
  stream.cork();
  setImmediate(() => stream.uncork());
}

/** ssh2 prefers SHA-256 for RSA keys, though servers may announce it and then take SHA-512 only. */
function withoutWeaker(extension: Extension): Extension {
  const { name, algs } = extension;
  return algs.includes('rsa-sha2-512') ? { name, algs: algs.filter((each) => each !== 'rsa-sha2-256') } : extension;
}
