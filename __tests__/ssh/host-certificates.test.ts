import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Credentials } from '../../src/ssh/credentials.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { makeAuthority, type Authority, type Signing } from '../rig/authority.ts';
import { startDropbear } from '../rig/dropbear.ts';
import type { KeyPair, KeyType } from '../rig/keys.ts';
import type { Server } from '../rig/server.ts';
import { startSshd, type SshdOptions } from '../rig/sshd.ts';
import { connectTo, failure, memoryLog, run } from './story.ts';

let authority: Authority;
let stranger: Authority;
before(async () => {
  [authority, stranger] = await Promise.all([makeAuthority(), makeAuthority()]);
});
after(async () => {
  await Promise.all([authority[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]);
});

const principals = ['127.0.0.1'];
const keyOf = (server: Server): Credentials => ({ key: readPrivateKey(server.keyText) });
const trusting = (of: Authority, pattern = '127.0.0.1'): string => `@cert-authority ${pattern} ${of.key.publicKey}`;
const certified = async (signing: Signing, options: SshdOptions = {}, by = authority): Promise<Server> =>
  startSshd({ ...options, certify: async (key) => by.sign(key, { principals, host: true, ...signing }) });

const pairs: readonly (readonly [host: KeyType, by: KeyType])[] = [
  ['ed25519', 'ed25519'],
  ['ecdsa', 'rsa'],
  ['rsa', 'ecdsa'],
];
for (const [host, by] of pairs) {
  test(`an ${host} host key is known by its certificate of an ${by} authority, and stays so when keys are renewed`, async () => {
    await using signer = await makeAuthority(by);
    const config = ['RekeyLimit 64K', 'LogLevel DEBUG1'];
    await using server = await certified({ keyId: 'web1' }, { hostKeys: [host], config }, signer);
    for (const pattern of ['127.0.0.1', `[127.0.0.1]:${String(server.port)}`, '*,!192.0.2.1']) {
      const log = memoryLog();
      const knownHosts = trusting(signer, pattern);
      using connection = await connectTo(server, keyOf(server), { knownHosts }, { early: true, log });
      const { stdout } = await run(connection, 'head -c 300000 /dev/zero | tr "\\0" x');
      assert.equal(stdout.length, 300_000);
      assert.ok(log.lines.some((line) => line.includes('host certificate "web1" for 127.0.0.1, valid from')));
    }
    assert.ok((server.log().match(/rekey|KEXINIT received/gi)?.length ?? 0) > 3, server.log());
  });
}

test('plain keys count beside an authority, for servers that have no certificate or know of none', async () => {
  for (const start of [startSshd, startDropbear]) {
    await using server = await start();
    const knownHosts = `${trusting(authority)}\n${server.knownHosts}`;
    using connection = await connectTo(server, keyOf(server), { knownHosts });
    assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
    const { message } = await failure(
      connectTo(server, keyOf(server), { knownHosts: trusting(authority) }),
      'HOST_KEY',
    );
    assert.match(
      message,
      /is known by a certificate authority only \(line 1 of known-hosts\), and shows no certificate/,
    );
  }
});

test('a certificate is not asked for where no authority is known for the host, or a fingerprint is given', async () => {
  await using server = await certified({ validity: '-2h:-1h' });
  const elsewhere = `${trusting(authority, 'example.com')}\n${server.knownHosts}`;
  for (const known of [
    { knownHosts: elsewhere },
    { knownHosts: trusting(authority), fingerprint: server.fingerprint },
  ]) {
    using connection = await connectTo(server, keyOf(server), known);
    assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
  }
});

interface Wrong {
  readonly signing?: Signing;
  readonly by?: () => Authority;
  /** More lines of known_hosts. */
  readonly lines?: (key: KeyPair) => string;
  readonly message: RegExp;
}
const wrongs: Readonly<Record<string, Wrong>> = {
  'has expired': {
    signing: { validity: '-2h:-1h' },
    message: /but it has expired: by the runner's clock it is \S+Z\./,
  },
  'is not valid yet': { signing: { validity: '+1h:+2h' }, message: /but it is not valid yet: by the runner's clock/ },
  'is for another host': {
    signing: { principals: ['web2', '*'] },
    message: /for web2 and \*, .*but it is not for 127\.0\.0\.1, by which the run calls it\..*issued/,
  },
  'is for any host': { signing: { principals: [] }, message: /for nobody by name, .*but it is not for 127\.0\.0\.1/ },
  'is of another authority': {
    by: () => stranger,
    message:
      /but not by SHA256:\S+ \(known-hosts, line 1\)\. Nothing was sent to it\. If that authority is the right one/,
  },
  'is of a revoked authority': {
    lines: () => `@revoked * ${authority.key.publicKey}`,
    message: /but its authority is @revoked by line 3 of known-hosts/,
  },
  'is of a revoked key': {
    lines: (key) => `@revoked * ${key.publicKey}`,
    message: /but its key is @revoked by line 3 of known-hosts/,
  },
};
for (const [what, { signing = {}, by = () => authority, lines = () => '', message }] of Object.entries(wrongs)) {
  test(`a host whose certificate ${what} is refused, though its key is known too`, async () => {
    let key: KeyPair | undefined;
    await using server = await startSshd({
      certify: async (hostKey) => {
        key = hostKey;
        await by().sign(hostKey, { principals, host: true, keyId: 'web1', ...signing });
      },
    });
    assert.ok(key !== undefined);
    const knownHosts = [trusting(authority), server.knownHosts, lines(key)].join('\n');
    const refused = await failure(connectTo(server, keyOf(server), { knownHosts }), 'HOST_KEY');
    assert.match(refused.message, /^web1 \S+ shows a host certificate "web1" for /);
    assert.match(refused.message, message);
    assert.doesNotMatch(server.log(), /publickey|userauth/i);
  });
}
