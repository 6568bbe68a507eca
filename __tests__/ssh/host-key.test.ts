import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { hostKeyPolicy, type HostKeyPolicy } from '../../src/ssh/host-key-policy.ts';
import { readHostKeys, type HostKeyInputs } from '../../src/ssh/host-key.ts';
import { fingerprintOf, publicKeyLine, writeStrings } from '../../src/ssh/public-key.ts';

const key = (mark: number, type = 'ssh-ed25519'): Buffer => writeStrings(type, Buffer.alloc(32, mark));
const rsaKey = (bits: number): Buffer => {
  const modulus = Buffer.alloc(Math.ceil(bits / 8) + 1, 1);
  modulus.writeUInt8(0, 0);
  modulus.writeUInt8(1 << ((bits - 1) % 8), 1);
  return writeStrings('ssh-rsa', Buffer.from([1, 0, 1]), modulus);
};
const ours = key(1);
const line = publicKeyLine(ours);

function policyOf(inputs: HostKeyInputs, port = 22): HostKeyPolicy {
  const server = { host: 'example.com', port, place: 'web1 (example.com)', target: 'web1', shown: [] };
  return hostKeyPolicy(readHostKeys(inputs), server);
}

function refusal(inputs: HostKeyInputs, seen = ours, port = 22): string {
  const error = policyOf(inputs, port).refuse(seen, []);
  assert.ok(error instanceof ShipperError);
  assert.equal(error.code, 'HOST_KEY');
  assert.equal(error.target, 'web1');
  return error.message;
}

test('a known key is accepted, by its line or by its fingerprint', () => {
  assert.equal(policyOf({ knownHosts: `example.com ${line}` }).refuse(ours, []), undefined);
  assert.equal(policyOf({ knownHosts: `other ${publicKeyLine(key(2))}\n*.com ${line}` }).refuse(ours, []), undefined);
  assert.equal(policyOf({ fingerprint: fingerprintOf(ours) }).refuse(ours, []), undefined);
  assert.equal(policyOf({ fingerprint: `${fingerprintOf(ours)}=` }).refuse(ours, []), undefined);
  for (const separator of [' ', ',', '\n', ', ', '\r\n']) {
    const fingerprint = `${fingerprintOf(key(2))}${separator}${fingerprintOf(ours)}\n`;
    assert.equal(policyOf({ fingerprint }).refuse(ours, []), undefined);
  }
});

test('without known-hosts and fingerprint, the line to add is printed, and how to compare it', () => {
  const message = refusal({});
  assert.match(message, /neither `known-hosts` nor `fingerprint`/);
  assert.ok(message.split('\n').includes(`example.com ${line}`));
  assert.match(message, /`ssh-keygen -lf \/etc\/ssh\/ssh_host_ed25519_key\.pub`, on the server itself/);
  assert.ok(refusal({}, ours, 2222).split('\n').includes(`[example.com]:2222 ${line}`));
  assert.match(refusal({}, key(1, 'ecdsa-sha2-nistp256')), /ssh_host_ecdsa_key\.pub/);
  assert.match(refusal({}, rsaKey(2048)), /ssh_host_rsa_key\.pub/);
});

test('the printed line is all that it takes', () => {
  for (const port of [22, 2222]) {
    const printed = refusal({}, ours, port)
      .split('\n')
      .find((candidate) => candidate.endsWith(line));
    assert.equal(policyOf({ knownHosts: printed }, port).refuse(ours, []), undefined);
  }
});

test('a host that is not listed is refused, and its line printed', () => {
  const message = refusal({ knownHosts: `other ${line}` });
  assert.match(message, /^web1 \(example\.com\) is not in known-hosts\. Nothing was sent to it\./);
  assert.ok(message.split('\n').includes(`example.com ${line}`));
});

test('another key than the known one is refused, with both', () => {
  const seen = key(2);
  const message = refusal({ knownHosts: `\nexample.com ${line}` }, seen);
  assert.ok(message.includes(`ssh-ed25519 ${fingerprintOf(ours)} (known-hosts, line 2)`));
  assert.ok(message.includes(`It shows ssh-ed25519 ${fingerprintOf(seen)}`));
  assert.ok(message.split('\n').includes(`example.com ${publicKeyLine(seen)}`));
  assert.ok(refusal({ fingerprint: fingerprintOf(ours) }, seen).includes(`${fingerprintOf(ours)} (fingerprint)`));
});

test('a revoked key is refused, whatever else is said of it', () => {
  const knownHosts = `example.com ${line}\n@revoked * ${line}`;
  assert.match(refusal({ knownHosts, fingerprint: fingerprintOf(ours) }), /@revoked by line 2/);
});

test('a host known by a certificate authority only is refused by that name', () => {
  const authority = `@cert-authority *.com ${publicKeyLine(key(9))}`;
  assert.match(refusal({ knownHosts: authority }), /certificate authority only \(line 1 .* shows no certificate/);
  assert.match(refusal({ knownHosts: authority }, key(9)), /certificate authority only/);
  assert.equal(policyOf({ knownHosts: `${authority}\nexample.com ${line}` }).refuse(ours, []), undefined);
});

test('a server is asked for keys of the types that are known of it, and never for SHA-1 signatures', () => {
  const all = policyOf({}).algorithms;
  assert.equal(all[0], 'ssh-ed25519');
  assert.ok(!all.includes('ssh-rsa') && !all.includes('ssh-dss'));
  const rsa = publicKeyLine(rsaKey(2048));
  const known = (knownHosts: string): readonly string[] => policyOf({ knownHosts }).algorithms;
  assert.deepEqual(known(`example.com ${rsa}`), ['rsa-sha2-512', 'rsa-sha2-256']);
  assert.deepEqual(known(`example.com ${rsa}\nexample.com ${line}`), ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']);
  assert.deepEqual(known(`other ${rsa}`), all);
  assert.deepEqual(known(`@revoked example.com ${rsa}`), all);
  assert.deepEqual(known(`example.com ${publicKeyLine(key(1, 'ssh-dss'))}`), all);
  assert.deepEqual(policyOf({ knownHosts: `example.com ${rsa}`, fingerprint: fingerprintOf(ours) }).algorithms, all);
});

const wrong: readonly (readonly [fingerprint: string, message: RegExp])[] = [
  ['MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', /made with MD5/],
  ['16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', /made with MD5/],
  ['SHA256:short', /SHA256: and 43 characters/],
  ['256 MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48 root@web1 (ED25519)', /made with MD5/],
  [line, /The fingerprint ssh-ed25519 has to be/],
];
for (const [fingerprint, message] of wrong) {
  test(`a fingerprint that is none is an input error: ${fingerprint.slice(0, 20)}`, () => {
    assert.throws(
      () => readHostKeys({ fingerprint }),
      (error) => error instanceof ShipperError && error.code === 'INPUT' && message.test(error.message),
    );
  });
}

test('a fingerprint may come with the line that ssh-keygen -l prints, and several of them', () => {
  const [one, two] = [fingerprintOf(ours), fingerprintOf(key(2))];
  const lines: readonly (readonly [fingerprint: string, read: readonly string[]])[] = [
    [`256 ${one} root@web1 (ED25519)`, [one]],
    [`256 ${one} no comment (ED25519)\n3072 ${two} root (of web1) (RSA)\n`, [one, two]],
    [`256 ${one} root@web1 (ED25519) 3072 ${two} root@web1 (RSA)`, [one, two]],
    [`256 ${one} root@web1 (ED25519), ${two}=`, [one, two]],
  ];
  for (const [fingerprint, read] of lines) assert.deepEqual(readHostKeys({ fingerprint }).fingerprints, read);
});

test('an RSA host key of less than 2048 bits is refused by name, however it is known', () => {
  for (const bits of [768, 1024, 2047]) {
    const small = rsaKey(bits);
    for (const inputs of [
      { knownHosts: `example.com ${publicKeyLine(small)}` },
      { fingerprint: fingerprintOf(small) },
      {},
    ]) {
      const message = refusal(inputs, small);
      assert.match(message, new RegExp(`RSA host key of ${bits} bits, and Shipper trusts none under 2048`));
      assert.ok(!message.includes(publicKeyLine(small)), 'no line to add for a key that is refused');
    }
  }
  const large = rsaKey(2048);
  assert.equal(policyOf({ knownHosts: `example.com ${publicKeyLine(large)}` }).refuse(large, []), undefined);
});
