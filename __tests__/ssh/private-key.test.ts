import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { fingerprintOf } from '../rig/keys.ts';
import { keyWorkshop, type KeyWorkshop, type Sample } from './keys.ts';

const passphrase = 'correct horse';
let workshop: KeyWorkshop;
let ed25519: Sample;
let rsa: Sample;

before(async () => {
  workshop = await keyWorkshop();
  ed25519 = await workshop.sshKeygen('-t ed25519');
  rsa = await workshop.sshKeygen('-t rsa -b 2048 -m PEM');
});
after(async () => workshop[Symbol.asyncDispose]());

function assertReads(text: string, { publicKey }: Sample, secret?: string): void {
  const key = readPrivateKey(text, secret);
  assert.equal(key.publicKeyLine, publicKey);
  assert.equal(key.fingerprint, fingerprintOf(publicKey));
  assert.equal(key.type, publicKey.split(' ')[0]);
  const hash = key.type === 'ssh-rsa' ? 'sha512' : undefined;
  assert.equal(key.parsed.verify('challenge', key.parsed.sign('challenge', hash), hash), true);
}

function refusalOf(text: string, secret?: string): string {
  try {
    readPrivateKey(text, secret);
  } catch (error) {
    return String(error);
  }
  return 'nothing';
}

function assertRefuses(text: string, message: RegExp, secret?: string): void {
  assert.throws(
    () => readPrivateKey(text, secret),
    (error) => {
      assert.ok(error instanceof ShipperError);
      assert.equal(error.code, 'KEY');
      assert.match(error.message, message);
      return true;
    },
  );
}

for (const type of ['-t ed25519', '-t ecdsa -b 256', '-t ecdsa -b 384', '-t ecdsa -b 521', '-t rsa -b 2048']) {
  for (const format of ['', ' -m PEM', ' -m PKCS8']) {
    test(`ssh-keygen ${type}${format} is read`, async () => {
      const key = await workshop.sshKeygen(type + format);
      assertReads(key.text, key);
    });
  }
}

for (const args of [
  '-t ed25519',
  '-t ed25519 -Z aes256-gcm@openssh.com',
  '-t ecdsa -m PEM',
  '-t rsa -b 2048 -m PKCS8',
]) {
  test(`ssh-keygen ${args} with a passphrase is read with it, and refused by name without or with another`, async () => {
    const key = await workshop.sshKeygen(args, passphrase);
    assertReads(key.text, key, passphrase);
    assertRefuses(key.text, /encrypted and there is no passphrase: give it as `passphrase`/);
    assertRefuses(key.text, /encrypted and there is no passphrase/, '');
    assertRefuses(key.text, /^The passphrase is not the one of this key\.$/, 'wrong');
  });
}

test('keys of openssl are read', async () => {
  const pkcs8 = await workshop.openssl('genpkey -algorithm ed25519');
  assertReads(pkcs8.text, pkcs8);
  const encrypted = await workshop.openssl(`pkcs8 -topk8 -passout pass:correct`, pkcs8);
  assertReads(encrypted.text, encrypted, 'correct');
  const old = await workshop.openssl(`rsa -traditional -aes256 -passout pass:correct`, rsa);
  assert.match(old.text, /DEK-Info/);
  assertReads(old.text, old, 'correct');
  assertReads(old.text.replaceAll('\n', ' '), old, 'correct');
  assertRefuses(old.text, /The passphrase is not/, 'wrong');
});

test('an EC key is read after the parameters that openssl puts before it', async () => {
  const key = await workshop.sshKeygen('-t ecdsa -m PEM');
  assertReads(`-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${key.text}`, key);
});

test('a passphrase that is not needed does no harm', () => {
  assertReads(ed25519.text, ed25519, 'unneeded');
  assertReads(rsa.text, rsa, 'unneeded');
});

const damages: readonly (readonly [string, (text: string) => string])[] = [
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['literal \\n', (text) => text.replaceAll('\n', '\\n')],
  ['literal \\r\\n', (text) => text.replaceAll('\n', '\\r\\n')],
  ['spaces for newlines', (text) => text.replaceAll('\n', ' ')],
  ['no newlines at all', (text) => text.replaceAll('\n', '')],
  ['indentation', (text) => text.replaceAll(/^/gm, '    ')],
  ['no final newline', (text) => text.trimEnd()],
  ['blank lines around it', (text) => `\n\n${text}\n\n`],
  ['double quotes around it', (text) => `"${text}"`],
  ['single quotes and literal \\n', (text) => `'${text.replaceAll('\n', '\\n')}'`],
  ['a BOM', (text) => `\uFEFF${text}`],
  ['base64 around it', (text) => Buffer.from(text).toString('base64')],
  ['base64 in lines around it', (text) => Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n')],
];
for (const [name, damage] of damages) {
  test(`a key is mended: ${name}`, () => {
    assertReads(damage(ed25519.text), ed25519);
    assertReads(damage(rsa.text), rsa);
  });
}

test('what is not a private key is named', async () => {
  const line = `${ed25519.publicKey} me@laptop`;
  assertRefuses('', /is empty: does the secret exist/);
  assertRefuses('  \n', /is empty/);
  assertRefuses(line, /is a public key: .* without “\.pub”/);
  assertRefuses(Buffer.from(line).toString('base64'), /is a public key/);
  assertRefuses((await workshop.openssl('rsa -pubout', rsa)).text, /is a public key/);
  assertRefuses('ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1 me', /is a certificate/);
  assertRefuses('sk-ssh-ed25519@openssh.com AAAAGnNrLXNz me', /on a security key/);
  for (const path of ['~/.ssh/id_ed25519', '/home/me/.ssh/id', './deploy.pem', 'id_rsa', 'C:\\Users\\me\\id']) {
    assertRefuses(path, /is a path: give the text/);
  }
  for (const version of [2, 3]) {
    assertRefuses(
      `PuTTY-User-Key-File-${version}: ssh-rsa\nEncryption: none`,
      /puttygen key\.ppk -O private-openssh -o id/,
    );
  }
  assertRefuses('hunter2', /is not a private key: it has to begin with/);
});

test('a key that is cut off is named, wherever it is cut', () => {
  for (const { text } of [ed25519, rsa]) {
    const lines = text.trimEnd().split('\n');
    assertRefuses(lines.slice(0, -1).join('\n'), /its END line is missing/);
    assertRefuses(lines.slice(1).join('\n'), /its BEGIN line is missing/);
    assertRefuses(lines.slice(1, -1).join('\n'), /lacks its BEGIN and END lines/);
    for (let gone = 1; gone < lines.length - 1; gone += 1) {
      assertRefuses(lines.filter((_, index) => index !== gone).join('\n'), /is cut off or damaged/);
    }
    assertRefuses(text.replace(/\n\w{3}/, '\n***'), /characters that do not belong/);
  }
});

test('kinds of keys that cannot work are named', async () => {
  const dsa = '-----BEGIN DSA PRIVATE KEY-----\nMIIBugIBAAKBgQ==\n-----END DSA PRIVATE KEY-----';
  assertRefuses(dsa, /is a DSA key/);
  assertRefuses((await workshop.sshKeygen('-t dsa')).text, /is a DSA key/);
  assertRefuses((await workshop.openssl('genpkey -algorithm ed448')).text, /uses the type ed448/);
  assertRefuses(
    (await workshop.sshKeygen('-t ed25519 -Z chacha20-poly1305@openssh.com', 'x')).text,
    /cipher chacha20/,
    'x',
  );
});

test('a cipher that Node no longer reads is not called a wrong passphrase, and the printed command mends it', async () => {
  const legacy = '-provider legacy -provider default -passout pass:x';
  const old = [
    await workshop.openssl(`rsa -traditional -des ${legacy}`, rsa),
    await workshop.openssl(`pkcs8 -topk8 -v1 PBE-MD5-DES ${legacy}`, rsa),
    await workshop.openssl(`pkcs8 -topk8 -v2 rc2 ${legacy}`, rsa),
  ];
  for (const key of old) {
    assertRefuses(key.text, /is encrypted with (?:DES-CBC|an old cipher .*), which Node no longer reads/, 'x');
    const [, printed = ''] = /`openssl (pkey [^`]*)`/.exec(refusalOf(key.text, 'x')) ?? [];
    const args = printed.replace('-in key', '-passin pass:x -passout pass:y').replace('-out new-key', '').trim();
    assertReads((await workshop.openssl(args, key)).text, rsa, 'y');
  }
  const blowfish = (await workshop.sshKeygen('-t ed25519 -Z aes128-cbc', 'x')).text.split('\n').slice(1, -2).join('');
  const body = Buffer.from(blowfish, 'base64').toString('latin1').replace('\0\0\0\naes128-cbc', '\0\0\0\fblowfish-cbc');
  const armored = ['-----BEGIN OPENSSH PRIVATE KEY-----', Buffer.from(body, 'latin1').toString('base64')];
  assertRefuses([...armored, '-----END OPENSSH PRIVATE KEY-----'].join('\n'), /uses blowfish-cbc/, 'x');
});

test('two keys in one are refused, instead of taking the first', () => {
  assertRefuses(ed25519.text + rsa.text, /is more than one: leave the one that the servers know/);
  assertRefuses((rsa.text + ed25519.text).replaceAll('\n', '\\n'), /is more than one/);
});

test('an RSA key signs with SHA-2 only', () => {
  const { parsed } = readPrivateKey(rsa.text);
  assert.match(String(parsed.sign('challenge', 'sha1')), /SHA-1 only: use an Ed25519 key/);
  assert.match(String(parsed.sign('challenge')), /SHA-1 only/);
  assert.ok(Buffer.isBuffer(parsed.sign('challenge', 'sha256')));
});

test('every line that holds key material is named as a secret, in each form that it takes', async () => {
  const pkcs8 = await workshop.openssl('genpkey -algorithm ed25519');
  const wrapped = Buffer.from(pkcs8.text).toString('base64');
  const { secrets, parsed } = readPrivateKey(wrapped);
  const body = pkcs8.text.split('\n')[1] ?? '';
  assert.ok(secrets.includes(body));
  assert.ok(secrets.includes(parsed.getPrivatePEM().split('\n')[1] ?? ''));
  assert.ok(secrets.every((line) => line.length >= 16 && !line.startsWith('-----')));
  const oneLine = readPrivateKey(rsa.text.replaceAll('\n', ' ')).secrets;
  for (const line of rsa.text.trimEnd().split('\n').slice(1, -2)) assert.ok(oneLine.includes(line));
});
