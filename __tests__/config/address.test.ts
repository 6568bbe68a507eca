import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, parseAddress, type PartialAddress } from '../../src/config/address.ts';

function parse(text: string): PartialAddress | string[] {
  const sentences: string[] = [];
  const address = parseAddress(text, 'it', (sentence) => {
    sentences.push(sentence);
    return null;
  });
  assert.equal(address === null, sentences.length > 0);
  return address ?? sentences;
}

const addresses: readonly (readonly [string, string, (string | undefined)?, number?])[] = [
  ['example.com', 'example.com'],
  ['example.com:2222', 'example.com', undefined, 2222],
  ['deploy@example.com', 'example.com', 'deploy'],
  ['deploy@example.com:2222', 'example.com', 'deploy', 2222],
  ['AD\\me@corp@192.0.2.7:22', '192.0.2.7', 'AD\\me@corp', 22],
  ['my_host-1.local', 'my_host-1.local'],
  ['bücher.example', 'bücher.example'],
  ['[::1]:22', '::1', undefined, 22],
  ['[::1]', '::1'],
  ['::1', '::1'],
  ['deploy@2001:db8::7', '2001:db8::7', 'deploy'],
  ['deploy@[fe80::1%eth0]:65535', 'fe80::1%eth0', 'deploy', 65535],
];
for (const [text, host, user, port] of addresses) {
  test(`${text} is an address`, () => {
    assert.deepEqual(parse(text), { host, user, port });
  });
}

const form = 'its form is [user@]host[:port]';
const refusals: readonly (readonly [string, ...string[]])[] = [
  ['', `it has no host: ${form}`],
  ['deploy@', `it has no host: ${form}`],
  [':22', `it has no host: ${form}`],
  ['[]', `it has no host: ${form}`],
  ['@a', 'it has an empty user'],
  ['-x@a', 'it has a user that begins with "-"'],
  ['a b@c', 'it has white space or a control character in its user'],
  ['-oProxyCommand=x', 'it has a host that begins with "-"'],
  ['a b', 'it has white space or a control character in its host'],
  ['a\u0000', 'it has white space or a control character in its host'],
  ['a\u202e', 'it has white space or a control character in its host'],
  ...['ssh://a', 'ssh://me@a', 'sftp://me:pw@a:22/x', '//a', '//me@a'].map(
    (text) => [text, `it must not be a URL: ${form}`] as const,
  ),
  ['me:pw@a', 'it has a ":" in its user: a password belongs in the input "password"'],
  ['a/b', "it has a character that no host's name has"],
  ['$(id)', "it has a character that no host's name has"],
  ['[a]', 'it has something in [ ] that is no IPv6 address'],
  ['[::1]22', `it has a ":" too many: ${form}, IPv6 in [ ]`],
  ['a:1:2', `it has a ":" too many: ${form}, IPv6 in [ ]`],
  ['a:', 'it must have a port from 1 to 65535'],
  ['a:0', 'it must have a port from 1 to 65535'],
  ['a:65536', 'it must have a port from 1 to 65535'],
  ['a:+1', 'it must have a port from 1 to 65535'],
  ['[::1]:x', 'it must have a port from 1 to 65535'],
  [
    '-x@-y:z',
    'it has a user that begins with "-"',
    'it has a host that begins with "-"',
    'it must have a port from 1 to 65535',
  ],
];
for (const [text, ...sentences] of refusals) {
  test(`${JSON.stringify(text)} is no address`, () => {
    assert.deepEqual(parse(text), sentences);
  });
}

test('every address is read back as it was written', () => {
  const user = fc.stringMatching(/^[a-z_][a-z0-9_.@-]{0,12}$/);
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  const port = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined });
  const address = fc.record({ user: fc.option(user, { nil: undefined }), host, port }, { noNullPrototype: true });
  fc.assert(fc.property(address, (written) => assert.deepEqual(parse(formatAddress(written)), written)));
});

test('any text is an address or a refusal', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parse(text)));
});
