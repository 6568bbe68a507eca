import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { ShipperError } from '../../src/errors.ts';
import { hostName } from '../../src/ssh/host-pattern.ts';
import { lookUp, parseKnownHosts } from '../../src/ssh/known-hosts.ts';
import { writeStrings } from '../../src/ssh/public-key.ts';
import { findProgram, run } from '../rig/program.ts';
import { keyWorkshop } from './keys.ts';

/** A key that is well-formed, and recognisable by one byte. */
const keyLine = (mark: number, type = 'ssh-ed25519'): string =>
  `${type} ${writeStrings(type, Buffer.alloc(32, mark)).toString('base64')}`;

function hashed(name: string, salt = Buffer.alloc(20, 7)): string {
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

/** The lines that are trusted for a host. */
function trusted(text: string, host: string, port = 22): readonly number[] {
  return lookUp(parseKnownHosts(text), host, port).trusted.map(({ line }) => line);
}

const cases: readonly (readonly [hosts: string, host: string, port: number, found: boolean])[] = [
  ['example.com', 'example.com', 22, true],
  ['example.com', 'EXAMPLE.com', 22, true],
  ['Example.COM', 'example.com', 22, true],
  ['example.com', 'xexample.com', 22, false],
  ['example.com', 'exampleXcom', 22, false],
  ['a,example.com,b', 'example.com', 22, true],
  ['[example.com]:2222', 'example.com', 2222, true],
  ['[example.com]:2222', 'example.com', 22, false],
  ['[example.com]:2222', 'example.com', 2223, false],
  ['example.com', 'example.com', 2222, true],
  ['*.example.com', 'web1.example.com', 22, true],
  ['*.example.com', 'a.b.example.com', 22, true],
  ['*.example.com', 'example.com', 22, false],
  ['web?.example.com', 'web1.example.com', 22, true],
  ['web?.example.com', 'web12.example.com', 22, false],
  ['*', 'anything', 2222, true],
  ['[*.example.com]:2222', 'web1.example.com', 2222, true],
  ['*.example.com,!web2.example.com', 'web1.example.com', 22, true],
  ['*.example.com,!web2.example.com', 'web2.example.com', 22, false],
  ['!web2.example.com,*.example.com', 'web2.example.com', 22, false],
  ['!web2.example.com', 'web1.example.com', 22, false],
  ['::1', '::1', 22, true],
  ['[::1]:2222', '::1', 2222, true],
  ['2001:db8::1', '2001:DB8::1', 22, true],
  [hashed('example.com'), 'example.com', 22, true],
  [hashed('example.com'), 'Example.com', 22, true],
  [hashed('example.com'), 'example.org', 22, false],
  [hashed('[example.com]:2222'), 'example.com', 2222, true],
];
for (const [hosts, host, port, found] of cases) {
  test(`${hosts} ${found ? 'speaks' : 'does not speak'} of ${host} on port ${port}`, () => {
    assert.deepEqual(trusted(`${hosts} ${keyLine(1)}`, host, port), found ? [1] : []);
  });
}

test('no pattern takes long: stars do not multiply', () => {
  const name = 'a'.repeat(255);
  for (const hosts of [
    `${'*a'.repeat(500_000)}b`,
    '*a*a*a*a*a*a*a*a*a*ab',
    `${'a*'.repeat(100_000)}b`,
    '*?'.repeat(300),
  ]) {
    const [known] = parseKnownHosts(`${hosts} ${keyLine(1)}`);
    assert.equal(known?.covers(name), false, hosts.slice(0, 30));
  }
  const [known] = parseKnownHosts(`${'*a'.repeat(255)}* ${keyLine(1)}`);
  assert.equal(known?.covers(name), true);
});

test('lines are found by the same names as ssh-keygen -F finds them', async () => {
  await using workshop = await keyWorkshop();
  const { publicKey } = await workshop.sshKeygen('-t ed25519');
  const keygen = await findProgram('ssh-keygen', 'openssh-client');
  for (const [hosts, host, port] of cases) {
    const file = workshop.file();
    await writeFile(file, `${hosts} ${publicKey}\n`);
    const name = hostName(host, port);
    const theirs = await run(keygen, ['-F', name, '-f', file]).then(Boolean, () => false);
    assert.equal(parseKnownHosts(`${hosts} ${publicKey}`)[0]?.covers(name), theirs, `${hosts}, ${name}`);
  }
});

test('what ssh-keygen -H hashes is found', async () => {
  await using workshop = await keyWorkshop();
  const { publicKey } = await workshop.sshKeygen('-t ecdsa');
  const file = workshop.file();
  await writeFile(file, `example.com,[10.0.0.1]:2222 ${publicKey}\n`);
  await run(await findProgram('ssh-keygen', 'openssh-client'), ['-H', '-f', file]);
  const text = await run('cat', [file]);
  assert.ok(!text.includes('example.com'));
  assert.deepEqual(trusted(text, 'example.com'), [1]);
  assert.deepEqual(trusted(text, '10.0.0.1', 2222), [2]);
});

test('a line for the port comes before one for the host alone', () => {
  const text = `example.com ${keyLine(1)}\n[example.com]:2222 ${keyLine(2)}`;
  assert.deepEqual(trusted(text, 'example.com', 2222), [2]);
  assert.deepEqual(trusted(text, 'example.com', 2223), [1]);
});

test('markers are kept apart, and revoked keys are known on every port', () => {
  const text = `@cert-authority *.example.com ${keyLine(1)}\n@revoked * ${keyLine(2)}\nweb1.example.com ${keyLine(3)}`;
  const { trusted: keys, revoked, authorities } = lookUp(parseKnownHosts(text), 'web1.example.com', 2222);
  assert.deepEqual(
    [keys, revoked, authorities].map((found) => [...new Set(found.map(({ line }) => line))]),
    [[3], [2], [1]],
  );
});

test('comments, blank lines, tabs, CRLF, a BOM and keys of unknown types are no reason to complain', () => {
  const text = `\uFEFF# a comment\r\n\r\n \t\r\nexample.com\t${keyLine(1).replace(' ', '\t')} a comment\r\n  # more\r\nb ${keyLine(2, 'ssh-mldsa65')}\r\n`;
  assert.deepEqual(trusted(text, 'example.com'), [4]);
  assert.deepEqual(
    parseKnownHosts(text).map(({ type }) => type),
    ['ssh-ed25519', 'ssh-mldsa65'],
  );
});

const malformed: readonly (readonly [line: string, message: RegExp])[] = [
  ['example.com', /has to be `host type key`/],
  ['example.com ssh-ed25519', /has to be `host type key`/],
  [keyLine(1), /the host is missing/],
  ['SHA256:abc', /a fingerprint, as `ssh-keygen -l` prints it: give it as `fingerprint`/],
  ['256 SHA256:abc root@web1 (ED25519)', /a fingerprint, as .* give it as `fingerprint`/],
  ['256 MD5:16:27 root@web1 (ED25519)', /a fingerprint, as .* give it as `fingerprint`/],
  [`@trusted example.com ${keyLine(1)}`, /the marker @trusted is unknown/],
  ['example.com 2048 65537 1234567', /SSH version 1/],
  ['example.com ssh-ed25519 AAAA!', /is not base64/],
  [`example.com ${keyLine(1).slice(0, -8)}`, /cut off or damaged/],
  [`example.com ssh-rsa ${keyLine(1).split(' ')[1]}`, /says ssh-rsa, but the key is of another type/],
  [`|1|abc|def ${keyLine(1)}`, /hashed host is damaged/],
  [`|2|abc|def ${keyLine(1)}`, /hashed host is damaged/],
];
for (const [line, message] of malformed) {
  test(`a malformed line is named: ${line.slice(0, 30)}`, () => {
    assert.throws(() => parseKnownHosts(`# first\n${line}\n`), message);
    assert.throws(() => parseKnownHosts(`# first\n${line}\n`), /^ShipperError: known-hosts, line 2: /);
  });
}

test("a person's own file may have malformed lines, which are passed over", () => {
  const text = `${malformed.map(([line]) => line).join('\n')}\nexample.com ${keyLine(1)}`;
  assert.deepEqual(
    parseKnownHosts(text, undefined, true).map(({ line }) => line),
    [malformed.length + 1],
  );
});

test('all malformed lines are reported at once, at their place in the file', () => {
  assert.throws(
    () => parseKnownHosts(`one\nexample.com ${keyLine(1)}\nthree`, '.github/known_hosts'),
    (error) => {
      assert.ok(error instanceof ShipperError);
      assert.equal(error.code, 'INPUT');
      const places = error.problems.map(({ at }) => at);
      const file = '.github/known_hosts';
      assert.deepEqual(
        places,
        [1, 3].map((line) => ({ file, line, column: 1 })),
      );
      return true;
    },
  );
});

const pieces = fc.constantFrom(
  '@revoked',
  '|1|',
  'a.example',
  '*',
  '!',
  ',',
  ' ',
  '\t',
  '\n',
  '\r',
  '#',
  'AAAA',
  keyLine(1),
);
const text = fc.oneof(
  fc.string(),
  fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 }))).map((parts) => parts.join('')),
);

test('any text is read or refused with INPUT, and looked up without complaint', () => {
  fc.assert(
    fc.property(text, fc.string(), fc.nat(65_535), (content, host, port) => {
      try {
        const found = lookUp(parseKnownHosts(content), host, port);
        assert.ok(found.trusted.every(({ marker }) => marker === undefined));
      } catch (error) {
        assert.ok(error instanceof ShipperError && error.code === 'INPUT', String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('a hashed line is found by exactly the names by which the plain one is', () => {
  const host = fc.stringMatching(/^[a-c.:]{1,4}$/);
  const port = fc.constantFrom(22, 2222);
  const salt = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(host, port, host, port, salt, (listed, listedPort, wanted, wantedPort, bytes) => {
      const name = hostName(listed, listedPort);
      const plain = trusted(`${name} ${keyLine(1)}`, wanted, wantedPort);
      assert.deepEqual(trusted(`${hashed(name, bytes)} ${keyLine(1)}`, wanted, wantedPort), plain);
    }),
    { numRuns: 500 },
  );
});
