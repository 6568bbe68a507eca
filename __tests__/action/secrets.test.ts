import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { masksOf } from '../../src/action/secrets.ts';

const { privateKey } = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
  publicKeyEncoding: { format: 'pem', type: 'spki' },
});
const body = privateKey.trim().split('\n').slice(1, -1);

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['a password is masked whole', 'hunter2', ['hunter2']],
  ['its trimmed form is, too', ' a b c ', [' a b c ', 'a b c']],
  ['what is short is not', 'abc', []],
  ['what is short without its spaces is not', ' a  ', []],
  ['of a key, every line is masked but the armour', privateKey, body],
  ['of a key with CRLF, too', privateKey.replaceAll('\n', '\r\n'), body],
  ['of a key on one line, too', privateKey.trim().replaceAll('\n', '\\n'), body],
  [
    'of several lines, the body is also masked without line breaks',
    '-----BEGIN X-----\nabcd\nefgh\nij\n-----END X-----',
    ['abcd', 'efgh', 'abcdefghij'],
  ],
  ['headers of PuTTY are not masked', 'PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAAIB', ['AAAAIB']],
  ['headers of old keys are not masked', '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE', ['MIIE']],
  ['a password like a header is masked', 'Name: value', ['Name: value']],
];

for (const [what, value, expected] of cases) {
  test(`of the secrets, ${what}`, () => assert.deepEqual([...masksOf([value])], expected));
}

test('no mask is short or holds a line break', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '\r', '-', ':', '\\n') })),
      (values) => {
        for (const mask of masksOf(values)) assert(mask.trim().length >= 4 && !/[\r\n]/.test(mask.trim()));
      },
    ),
  );
});
