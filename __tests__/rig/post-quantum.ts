import { createHash, createPublicKey, encapsulate } from 'node:crypto';
import type { Connection } from 'ssh2';
import { addExchange } from '../../src/ssh/wire/exchange.ts';
import type { ProtocolPart } from '../../src/ssh/wire/parts.ts';

/** What a public key of ML-KEM-768 begins with in DER: 1,206 bytes, of which 1,184 are the key. */
const derHead = Buffer.from('308204b2300b060960864801650304040203820 4a100'.replace(' ', ''), 'hex');

/**
 * Lets an ssh2 server speak `mlkem768x25519-sha256`, by the draft: the client's part is a key of ML-KEM and one of X25519,
 * the server's is a ciphertext and one of X25519. `spoil` changes what it answers.
 */
export function speakPostQuantum(connection: Connection, spoil = (answer: Buffer): Buffer => answer): void {
  const { _protocol: protocol } = connection as unknown as { readonly _protocol: ProtocolPart };
  addExchange(protocol, {
    name: 'mlkem768x25519-sha256',
    adapt: (exchange) => {
      const x25519 = exchange.getPublicKey.bind(exchange);
      const agree = exchange.computeSecret.bind(exchange);
      let ciphertext = Buffer.alloc(0);
      exchange.convertPublicKey = (key) => key;
      exchange.getPublicKey = () => spoil(Buffer.concat([ciphertext, x25519()]));
      exchange.computeSecret = (theirs) => {
        const key = createPublicKey({
          key: Buffer.concat([derHead, theirs.subarray(0, 1184)]),
          type: 'spki',
          format: 'der',
        });
        const shared = encapsulate(key);
        ({ ciphertext } = shared);
        const number = agree(theirs.subarray(1184));
        if (number instanceof Error) return number;
        const classical =
          number.length > 32 ? number.subarray(1) : Buffer.concat([Buffer.alloc(32 - number.length), number]);
        return createHash('sha256')
          .update(Buffer.concat([shared.sharedKey, classical]))
          .digest();
      };
    },
  });
}
