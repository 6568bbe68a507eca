import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { armor } from '../../src/ssh/key-text.ts';
import { inspectOpenSshKey, writeOpenSshEd25519 } from '../../src/ssh/openssh-key.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { readStrings, writeStrings } from '../../src/ssh/public-key.ts';

const header = Buffer.from('302e020100300506032b657004220420', 'hex');

test('any Ed25519 seed survives the way into OpenSSH format, leading zeros too', () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(seeds, (seed) => {
      const key = createPrivateKey({ key: Buffer.concat([header, seed]), format: 'der', type: 'pkcs8' });
      const { x = '' } = key.export({ format: 'jwk' });
      const base64 = writeOpenSshEd25519(Buffer.from(x, 'base64url'), seed);
      const read = readPrivateKey(armor({ label: 'OPENSSH PRIVATE KEY', headers: [], base64 }));
      assert.equal(read.parsed.verify('text', read.parsed.sign('text')), true);
      assert.deepEqual(
        readPrivateKey(String(key.export({ type: 'pkcs8', format: 'pem' }))).fingerprint,
        read.fingerprint,
      );
    }),
    { numRuns: 50, examples: [[Buffer.alloc(32)]] },
  );
});

test('a key that ends anywhere before its end is not taken for a whole one', () => {
  const whole = Buffer.from(writeOpenSshEd25519(Buffer.alloc(32), Buffer.alloc(32)), 'base64');
  assert.deepEqual(inspectOpenSshKey(whole), { cipher: 'none', type: 'ssh-ed25519' });
  for (let length = 0; length < whole.length; length += 1) {
    assert.equal(inspectOpenSshKey(whole.subarray(0, length)), undefined);
  }
});

test('strings are read as they were written, and nothing else is', () => {
  const strings = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
  fc.assert(
    fc.property(strings, fc.nat(3), (list, cut) => {
      const written = writeStrings(...list);
      assert.deepEqual(readStrings(written), list);
      if (list.length > 0 && cut > 0) assert.notDeepEqual(readStrings(written.subarray(0, -cut)), list);
    }),
  );
});
