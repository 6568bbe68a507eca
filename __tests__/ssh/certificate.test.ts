import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { describeCertificate, readCertificate } from '../../src/ssh/certificate.ts';
import { defectOfHost } from '../../src/ssh/host-certificate.ts';
import { parseKnownHosts, lookUp } from '../../src/ssh/known-hosts.ts';
import { writeStrings } from '../../src/ssh/public-key.ts';
import { isSignedBy } from '../../src/ssh/signature.ts';
import { defectOf } from '../../src/ssh/user-certificate.ts';
import { makeAuthority, type Authority } from '../rig/authority.ts';
import { generateKey } from '../rig/keys.ts';
import { findProgram, run } from '../rig/program.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

const types = ['ed25519', 'ecdsa', 'rsa'] as const;
interface Sample {
  readonly blob: Buffer;
  readonly authority: Authority;
  /** What `ssh-keygen -L` says of it. */
  readonly listed: string;
}

let authorities: readonly Authority[];
/** One of each kind of key, signed by each kind of authority. */
const samples: Sample[] = [];
before(async () => {
  authorities = await Promise.all(types.map(async (type) => makeAuthority(type)));
  const keygen = await findProgram('ssh-keygen', 'openssh-client');
  await using directory = await temporaryDirectory('certificates');
  for (const type of types) {
    const key = await generateKey(join(directory.path, type), type);
    for (const authority of authorities) {
      const line = await authority.sign(key, { principals: ['web1', 'web2'], host: true, args: ['-z', '7'] });
      const listed = await run(keygen, ['-L', '-f', `${key.file}-cert.pub`]);
      samples.push({ blob: Buffer.from(line.split(' ')[1] ?? '', 'base64'), authority, listed });
    }
  }
});
after(async () => {
  await Promise.all(authorities.map(async (each) => each[Symbol.asyncDispose]()));
});

const known = (): ReturnType<typeof lookUp> => {
  const lines = authorities.map(({ key }) => `@cert-authority * ${key.publicKey}`);
  return lookUp(parseKnownHosts(lines.join('\n')), 'web1', 22);
};
const judge = (blob: Buffer, host = 'web1'): string | undefined => {
  const certificate = readCertificate(blob);
  return certificate === undefined ? 'unreadable' : defectOfHost(certificate, host, known(), new Date())?.sentence;
};

test('a certificate says what ssh-keygen -L says of it, and its signature is checked', () => {
  assert.equal(samples.length, 9);
  for (const { blob, authority, listed } of samples) {
    const certificate = readCertificate(blob);
    assert.ok(certificate !== undefined);
    assert.match(listed, /host certificate[\s\S]*Key ID: "rig"\n\s+Serial: 7\n[\s\S]*Principals: \n\s+web1\n\s+web2\n/);
    assert.deepEqual([certificate.kind, certificate.keyId, certificate.principals], ['host', 'rig', ['web1', 'web2']]);
    const facts = describeCertificate(certificate);
    assert.match(facts, /^"rig" for web1 and web2, valid from \S+Z until \S+Z, signed by SHA256:/);
    assert.ok(listed.includes(authority.key.fingerprint) && facts.includes(authority.key.fingerprint));
    const [, from = '', to = ''] = /Valid: from (\S+) to (\S+)/.exec(listed) ?? [];
    for (const time of [from, to]) assert.ok(facts.includes(new Date(time).toISOString().slice(0, 19)), facts);
    assert.deepEqual([judge(blob), judge(blob, 'WEB2')], [undefined, undefined]);
    assert.match(judge(blob, 'web3') ?? '', /is not for web3/);
  }
});

test('a certificate that its authority signed by SHA-1 is refused', async () => {
  await using directory = await temporaryDirectory('sha1');
  const key = await generateKey(join(directory.path, 'key'));
  const line = await authorities[2]?.sign(key, { principals: ['web1'], host: true, args: ['-t', 'ssh-rsa'] });
  const blob = Buffer.from(line?.split(' ')[1] ?? '', 'base64');
  assert.match(judge(blob) ?? '', /its signature is not one of that key, by Ed25519, ECDSA or RSA with SHA-2/);
});

test('a certificate that is cut off anywhere is none, and one with anything behind it neither', () => {
  for (const { blob } of samples) {
    for (let length = 0; length < blob.length; length += 1) {
      assert.equal(readCertificate(blob.subarray(0, length)), undefined, String(length));
    }
    assert.equal(readCertificate(Buffer.concat([blob, Buffer.alloc(1)])), undefined);
  }
});

test('a certificate with any one byte changed is refused', () => {
  for (const { blob } of samples.filter((_, index) => index % 4 === 0)) {
    for (let at = 0; at < blob.length; at += 1) {
      const changed = Buffer.from(blob);
      changed[at] = (blob[at] ?? 0) ^ 1;
      assert.notEqual(judge(changed), undefined, `byte ${String(at)} of ${String(blob.length)}`);
    }
  }
});

test('whatever is given for a certificate or a signature, nothing but an answer comes of it', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
  const patched = fc.tuple(fc.nat(8), fc.nat(2000), bytes).map(([index, at, patch]) => {
    const blob = samples[index]?.blob ?? Buffer.alloc(0);
    return Buffer.concat([blob.subarray(0, at), patch, blob.subarray(at + patch.length)]);
  });
  const strings = fc.array(fc.oneof(bytes, fc.constantFrom('ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256')));
  const wire = strings.map((all) => writeStrings(...all));
  const certificates = fc.oneof(
    bytes,
    patched,
    wire.map((all) => Buffer.concat([writeStrings('ssh-rsa-cert-v01@openssh.com'), all])),
  );
  fc.assert(
    fc.property(certificates, wire, wire, (blob, key, signature) => {
      assert.ok(judge(blob) !== undefined || samples.some((sample) => sample.blob.equals(blob)));
      const certificate = readCertificate(blob);
      if (certificate !== undefined) {
        assert.match(describeCertificate(certificate), /^[^\p{Cc}]{1,4000}$/u);
        defectOf(certificate, new Date());
      }
      assert.equal(isSignedBy(key, blob, signature), false);
    }),
    { numRuns: 2000 },
  );
});

test('a certificate has no more than 256 principals and 64 kB, and reading it is cheap', () => {
  const ofLength = (principals: number, length: number): Buffer => {
    const number = (bytes: number): Buffer => Buffer.alloc(bytes);
    const names = writeStrings(...Array.from({ length: principals }, () => 'web1'));
    const type = 'ssh-ed25519-cert-v01@openssh.com';
    const head = [writeStrings(type, 'nonce', Buffer.alloc(32)), number(12), writeStrings('x'.repeat(length), names)];
    return Buffer.concat([...head, number(16), writeStrings('', '', '', 'ca', 'signature')]);
  };
  assert.ok(readCertificate(ofLength(256, 0)) !== undefined);
  assert.equal(readCertificate(ofLength(257, 0)), undefined);
  assert.ok(readCertificate(ofLength(0, 65_000)) !== undefined);
  assert.equal(readCertificate(ofLength(0, 65_536)), undefined);
});
