import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Connection, ParsedKey } from 'ssh2';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { certifiedKey } from '../../src/ssh/wire/certified-key.ts';
import { makeAuthority, type Authority } from '../rig/authority.ts';
import { startSshServer, type SshServer } from '../rig/ssh-server.ts';
import { innards } from './innards.ts';
import { connectTo, failure, finish } from './story.ts';

let authority: Authority;
before(async () => void (authority = await makeAuthority()));
after(async () => authority[Symbol.asyncDispose]());

const credentials = { password: 'x' };
const knownTo = (server: SshServer): { readonly knownHosts: string } => ({
  knownHosts: `@cert-authority 127.0.0.1 ${authority.key.publicKey}\n${server.knownHosts}`,
});

/** A host key with a valid certificate, or with what is made of that. */
async function certified(spoil = (blob: Buffer): Buffer => blob): Promise<ParsedKey> {
  const { key, certificate } = await authority.issue({ principals: ['127.0.0.1'], host: true });
  const shown = spoil(Buffer.from(certificate.split(' ')[1] ?? '', 'base64'));
  const type = 'ssh-ed25519-cert-v01@openssh.com';
  return Object.create(certifiedKey(readPrivateKey(key.text).parsed, shown), { type: { value: type } }) as ParsedKey;
}

/** A server that renews the session keys when a program is started, and shows what `next` says from then on. */
async function startRenewing(first: ParsedKey | undefined, next: ParsedKey | undefined): Promise<SshServer> {
  return startSshServer({
    ident: 'OpenSSH_9.9',
    connected: (connection) => {
      if (first !== undefined) innards(connection).showHostKey(first);
    },
    exec: (channel, _, connection: Connection) => {
      if (next !== undefined) innards(connection).showHostKey(next);
      connection.rekey(() => {
        channel.write('renewed');
        channel.exit(0);
        channel.end();
      });
    },
  });
}

test('a certificate that is shown again when keys are renewed is taken, and early programs go on', async () => {
  await using server = await startRenewing(await certified(), undefined);
  for (const early of [true, false]) {
    using connection = await connectTo(server, credentials, knownTo(server), { early });
    assert.equal((await finish(await connection.exec('true'))).stdout, 'renewed');
  }
});

for (const [what, first, next] of [
  ['key', () => undefined, async () => readPrivateKey((await authority.issue()).key.text).parsed],
  ['certificate', certified, certified],
] as const) {
  test(`another host ${what} when keys are renewed is told as that, and no lost connection`, async () => {
    await using server = await startRenewing(await first(), await next());
    for (const early of [true, false]) {
      using connection = await connectTo(server, credentials, knownTo(server), { early });
      const channel = await connection.exec('true').catch(() => undefined);
      if (channel !== undefined) await finish(channel);
      const lost = await connection.lost;
      assert.match(lost?.message ?? '', /showed another host key, SHA256:\S+, when session keys were renewed/);
      assert.equal((await failure(connection.exec('true'), 'HOST_KEY')).message, lost?.message);
    }
  });
}

const spoilt: readonly (readonly [string, (blob: Buffer) => Buffer])[] = [
  ['an empty name', () => Buffer.alloc(4)],
  ['half a certificate', (blob) => blob.subarray(0, 100)],
  ['a certificate with more behind it', (blob) => Buffer.concat([blob, Buffer.alloc(4)])],
  ['another serial', (blob) => Buffer.concat([blob.subarray(0, 115), Buffer.from([1]), blob.subarray(116)])],
  ['noise', (blob) => Buffer.alloc(blob.length, 0xff)],
];
for (const [what, spoil] of spoilt) {
  test(`a server that shows ${what} for a certificate is refused before the login, and not asked again`, async () => {
    const shown = await certified(spoil);
    await using server = await startSshServer({ connected: (connection) => innards(connection).showHostKey(shown) });
    const { message } = await failure(connectTo(server, credentials, knownTo(server)), 'HOST_KEY');
    assert.match(message, /shows a host certificate (?:that cannot be read|"rig" for 127.0.0.1, .* forged or damaged)/);
    assert.deepEqual([server.connections.length, server.asked], [1, []]);
  });
}

test('a copied certificate without its key is of no use', async () => {
  const copied = await certified();
  const own = await certified(() => copied.getPublicSSH());
  await using server = await startSshServer({ connected: (connection) => innards(connection).showHostKey(own) });
  const { message } = await failure(connectTo(server, credentials, knownTo(server)), 'CONNECT');
  assert.match(message, /signature verification failed/);
  assert.deepEqual(server.asked, []);
});
