import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Credentials } from '../../src/ssh/credentials.ts';
import { readCredentials, type CredentialTexts } from '../../src/ssh/read-credentials.ts';
import { startAgent } from '../rig/agent.ts';
import { makeAuthority, type Authority, type Signing } from '../rig/authority.ts';
import type { KeyPair, KeyType } from '../rig/keys.ts';
import type { Server } from '../rig/server.ts';
import { startSshd } from '../rig/sshd.ts';
import { until } from '../rig/until.ts';
import { connectTo, failure, memoryLog, run } from './story.ts';

let authority: Authority;
let server: Server;
before(async () => {
  authority = await makeAuthority();
  server = await startSshd({ config: [`TrustedUserCAKeys ${authority.trusted}`, 'LogLevel VERBOSE'] });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await authority[Symbol.asyncDispose]();
});

type Given = Partial<CredentialTexts>;
const none = { key: undefined, passphrase: undefined, password: undefined, certificate: undefined };
const read = (given: Given, { agent = '', log = memoryLog() } = {}): Credentials =>
  readCredentials({ ...none, ...given }, { agent, now: new Date(), log, mask: () => undefined });
const issue = async (signing: Signing = {}, type?: KeyType): Promise<{ key: KeyPair; certificate: string }> =>
  authority.issue({ principals: [server.user], ...signing }, type);

for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
  test(`a certificate of an ${type} key opens a connection, early or not, and the key alone does not`, async () => {
    const { key, certificate } = await issue({ keyId: `by-${type}` }, type);
    for (const early of [true, false]) {
      using connection = await connectTo(server, read({ key: key.text, certificate }), server, { early });
      assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
      assert.equal(connection.keyFingerprint, key.fingerprint);
    }
    const logged = new RegExp(`Accepted publickey for \\S+ .* ID by-${type} .*CA ED25519`);
    await until('sshd logs it', () => logged.test(server.log()));
    await failure(connectTo(server, read({ key: key.text }), server), 'AUTH');
  });

  test(`the certificate of an ${type} key in an agent counts, and so does one whose key is there alone`, async () => {
    await using agent = await startAgent();
    const { key, certificate } = await issue({ keyId: `agent-${type}` }, type);
    const logged = new RegExp(`Accepted publickey for \\S+ .* ID agent-${type} `, 'g');
    const known = server.log().match(logged)?.length ?? 0;
    await agent.add(key.file); // ssh-add takes the certificate beside it along.
    using held = await connectTo(server, read({ key: 'agent' }, { agent: agent.path }), server, { early: true });
    assert.equal((await run(held, 'echo in')).stdout, 'in\n');
    assert.equal(held.keyFingerprint, key.fingerprint);

    await using other = await startAgent();
    await rm(`${key.file}-cert.pub`);
    await other.add(key.file);
    await failure(connectTo(server, read({ key: 'agent' }, { agent: other.path }), server), 'AUTH');
    using given = await connectTo(server, read({ key: 'agent', certificate }, { agent: other.path }), server);
    assert.equal((await run(given, 'echo in')).stdout, 'in\n');
    const logins = (): number => (server.log().match(logged)?.length ?? 0) - known;
    await until('sshd logs both', () => logins() >= 2);
    assert.equal(logins(), 2);
  });
}

test('what is wrong with a certificate is said with its facts, before anything is contacted', async () => {
  const other = await issue();
  const literally = (text: string): string => text.replaceAll('+', '\\+');
  const signer = `signed by ${literally(authority.key.fingerprint)} \\(ssh-ed25519\\)`;
  const facts = `The certificate "rig" for ${server.user}, valid from \\S+Z until \\S+Z, ${signer}, `;
  const cases: readonly (readonly [signing: Signing, message: string])[] = [
    [{ validity: '-2h:-1h' }, `${facts}has expired\\. By the runner's clock it is \\S+Z: get a new one`],
    [{ validity: '+1h:+2h' }, `${facts}is not valid yet\\. By the runner's clock it is \\S+Z: compare`],
    [{ host: true }, `${facts}is not one of a user, but of a host: \`ssh-keygen -s\``],
  ];
  for (const [signing, message] of cases) {
    const { key, certificate } = await issue(signing);
    assert.throws(() => read({ key: key.text, certificate }), { code: 'KEY', message: new RegExp(message) });
  }
  const { key, certificate } = await issue();
  const prints = `is of the key ${key.fingerprint}, not of the key that was given, ${other.key.fingerprint}:`;
  assert.throws(() => read({ key: other.key.text, certificate }), {
    code: 'KEY',
    message: new RegExp(facts + literally(prints)),
  });
  assert.throws(() => read({ certificate, password: 'x' }), { code: 'INPUT', message: /belongs to a key/ });
  const instead: readonly (readonly [string, RegExp])[] = [
    [key.text, /is a private key: that belongs into `key`/],
    [key.publicKey, /is a public key: what belongs here is in the file that ends in `-cert\.pub`/],
    ['-----BEGIN CERTIFICATE-----\nAAAA', /is one of TLS/],
    ['hello there', /is not one: it has to be a line such as/],
    [certificate.slice(0, -40), /is cut off or damaged/],
    [certificate.replace('ssh-ed25519-', 'sk-ssh-ed25519-').slice(0, 60), /is cut off or damaged/],
  ];
  for (const [text, message] of instead) {
    assert.throws(() => read({ key: key.text, certificate: text }), { code: 'KEY', message });
  }
  for (const mangled of [
    `${certificate} me@here\r\n`,
    `"${certificate}"`,
    Buffer.from(certificate).toString('base64'),
  ]) {
    assert.ok(read({ key: key.text, certificate: mangled }).key?.certificate !== undefined, mangled);
  }
});

test('a certificate that the server refuses is told with its facts, and with what to look at', async () => {
  await using stranger = await makeAuthority();
  const unknown = await stranger.issue({ principals: [server.user], keyId: 'of a stranger' });
  const { message } = await failure(connectTo(server, read({ ...unknown, key: unknown.key.text }), server), 'AUTH');
  assert.match(
    message,
    /with the certificate "of a stranger" for \S+, valid from .* signed by SHA256:\S+ \(ssh-ed25519\), of the key SHA256/,
  );
  assert.match(message, /has to trust who signed the certificate \(TrustedUserCAKeys\)/);
  const wrong = await issue({ principals: ['root', 'www'], args: ['-O', 'source-address=192.0.2.1'] });
  const refused = await failure(connectTo(server, read({ ...wrong, key: wrong.key.text }), server), 'AUTH');
  assert.match(refused.message, /for root and www, .* is none, so AuthorizedPrincipalsFile has to name one/s);
  assert.match(refused.message, /restricts itself by "source-address"/);
});

test('AuthorizedPrincipalsFile lets in who is not a principal by name', async () => {
  const principals = `${authority.key.file}.principals`;
  await using mapped = await startSshd({
    config: [`TrustedUserCAKeys ${authority.trusted}`, `AuthorizedPrincipalsFile ${principals}`],
  });
  await mapped.sh(`echo me@example.com > ${principals}`);
  const { key, certificate } = await authority.issue({ principals: ['me@example.com'] });
  using connection = await connectTo(mapped, read({ key: key.text, certificate }), mapped, { early: true });
  assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
});

test('a certificate that was only found beside the key does no harm', async () => {
  const log = memoryLog();
  const expired = await authority.sign(server.key, { principals: [server.user], validity: '-2h:-1h' });
  const without = read({ key: server.keyText, certificateBeside: expired }, { log });
  assert.match(log.lines.join('\n'), /has expired.* It was found beside the key, which goes without it/);
  await using stranger = await makeAuthority();
  const unknown = await stranger.sign(server.key, { principals: [server.user] });
  for (const credentials of [without, read({ key: server.keyText, certificateBeside: unknown })]) {
    using connection = await connectTo(server, credentials, server, { early: true });
    assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
  }
  const { key, certificate } = await issue({ keyId: 'beside' });
  using connection = await connectTo(server, read({ key: key.text, certificateBeside: certificate }), server);
  assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
});

test('an expired certificate in an agent is not offered, and named where nothing else lets the user in', async () => {
  await using agent = await startAgent();
  const { key } = await issue({ validity: '-2h:-1h' });
  await agent.add(key.file);
  const { message } = await failure(connectTo(server, read({ key: 'agent' }, { agent: agent.path }), server), 'AUTH');
  assert.match(message, /The agent's certificate "rig" for .* has expired\. By the runner's clock/);
  const other = await issue();
  const missing = read({ key: 'agent', certificate: other.certificate }, { agent: agent.path });
  const refused = await failure(connectTo(server, missing, server), 'AUTH');
  assert.ok(refused.message.includes(`The agent does not hold the key ${other.key.fingerprint} of the certificate.`));
});
