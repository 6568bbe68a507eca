import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SshConfig } from '../../src/action/ssh-config.ts';
import type { Secrets } from '../../src/action/inputs.ts';
import { loadConfig } from '../../src/config/load.ts';
import { generateKey } from '../rig/keys.ts';
import { findProgram, run } from '../rig/program.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { createWorkspace } from '../rig/workspace.ts';

const home = await temporaryDirectory('home');
const inHome = (name: string): string => join(home.path, '.ssh', name);
const config = (): string => `
User everybody
Include ${inHome('more')}
Host prod
  HostName 203.0.113.5
  User deploy
  Port 2222
Host in*.example.com !inner.example.com
  ProxyJump ann@prod,[2001:db8::1]:99
  IdentityFile ~/.ssh/open
Match host 203.0.113.5 user deploy
  IdentityFile ~/.ssh/locked
Host piped
  ProxyCommand nc "%h" %p
Host quoted
  hostname=web.example.com
  IdentityFile "~/.ssh/open"
  CertificateFile ~/.ssh/named-cert.pub
`;
before(async () => {
  await mkdir(join(home.path, '.ssh'));
  await writeFile(inHome('config'), config());
  await writeFile(inHome('more'), 'Host included\n  HostName 203.0.113.9\n  ProxyJump none\n');
  await generateKey(inHome('open'));
  await generateKey(inHome('locked'), 'ed25519', 'secret');
  await writeFile(inHome('open-cert.pub'), 'beside');
  await writeFile(inHome('named-cert.pub'), 'named');
});
after(async () => home[Symbol.asyncDispose]());

const open = (): SshConfig => new SshConfig({ HOME: home.path });
const assumed: Secrets = {
  ...{ key: 'agent', passphrase: undefined, password: undefined, certificate: undefined, isAgentAssumed: true },
};

test('a host is reached as ssh reaches it: by patterns, Match, Include and what counts for all', async () => {
  const ssh = await findProgram('ssh', 'openssh-client');
  for (const host of ['prod', 'included', 'int.example.com', 'inner.example.com', 'piped', 'quoted', 'elsewhere']) {
    const said = (await run(ssh, ['-F', inHome('config'), '-G', host])).split('\n');
    const one = (name: string): string | undefined =>
      said.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
    const jump = one('proxyjump');
    assert.deepEqual(open().aliasOf(host), {
      ...{ host: one('hostname'), user: one('user'), port: Number(one('port')) },
      ...{ proxyJump: jump === 'none' ? '' : jump, proxyCommand: one('proxycommand') },
    });
  }
  assert.deepEqual(open().aliasOf('prod'), {
    ...{ host: '203.0.113.5', user: 'everybody', port: 2222, proxyJump: undefined, proxyCommand: undefined },
  });
});

test('a person without a config, or a config that does not speak of a host, changes nothing', async () => {
  assert.equal(new SshConfig({ HOME: '/nowhere' }).aliasOf('prod'), undefined);
  await rename(inHome('config'), inHome('aside'));
  await writeFile(inHome('config'), 'Host prod\n  User deploy\n');
  assert.equal(open().aliasOf('elsewhere'), undefined);
  await writeFile(inHome('config'), 'Nonsense yes\n');
  assert.throws(() => open().aliasOf('prod'), {
    code: 'INPUT',
    message: /ssh -G prod.*Bad configuration option: nonsense/s,
  });
  await rm(inHome('config'));
  await rename(inHome('aside'), inHome('config'));
});

test('flags and the config go before it, hops are aliases too, and a target keeps the name that it was given', async () => {
  await using workspace = await createWorkspace({ config: { base_dir: '/var/www' } });
  const targets = (host: string, more = {}) =>
    loadConfig({
      ...{ workspace: workspace.path, file: 'shipper.json', environment: {} },
      overrides: { host, aliasOf: open().aliasOf, ...more },
    }).config.targets;
  const [inner] = targets('int.example.com');
  assert.deepEqual(inner?.proxyJump, [
    { host: '203.0.113.5', port: 2222, user: 'ann' },
    { host: '2001:db8::1', port: 99, user: 'everybody' },
  ]);
  const [prod] = targets('me@prod:23', { proxyCommand: 'nc %h %p' });
  const { name, host, user, port, proxyJump, proxyCommand } = prod ?? {};
  assert.deepEqual(
    [name, host, user, port, proxyJump, proxyCommand],
    ['prod', '203.0.113.5', 'me', 23, [], 'nc %h %p'],
  );
  assert.deepEqual(targets('piped')[0]?.proxyCommand, 'nc "%h" %p');
  assert.deepEqual(targets('int.example.com', { proxyCommand: 'nc' })[0]?.proxyJump, []);
});

test('its key is taken where nobody named one: from its file, or first of an agent where it has a passphrase', async () => {
  const identity = (host: string, agent: string | undefined, secrets = assumed) => {
    const said: string[] = [];
    const ssh = open();
    for (const each of host.split(',')) ssh.aliasOf(each);
    return { ...ssh.withIdentity(secrets, agent, (message) => said.push(message)), said };
  };
  const file = await readFile(inHome('open'), 'utf8');
  for (const agent of [undefined, '/agent']) {
    const { key, certificateBeside } = identity('int.example.com', agent);
    assert.deepEqual([key, certificateBeside], [file, 'beside']);
  }
  assert.equal(identity('quoted', undefined).certificateBeside, 'named');
  const explicit = { ...assumed, isAgentAssumed: false };
  assert.equal(identity('quoted', '/agent', explicit).key, 'agent');
  assert.equal(identity('elsewhere', '/agent').key, 'agent');
  await writeFile(inHome('config'), config().replace('user deploy\n', 'user everybody\n'));
  const locked = identity('prod', '/agent');
  assert.deepEqual([locked.key, locked.preferred], ['agent', await readFile(inHome('locked.pub'), 'utf8')]);
  assert.equal(identity('prod', undefined).key, await readFile(inHome('locked'), 'utf8'));
  const both = identity('prod,quoted', '/agent');
  assert.equal(both.key, 'agent');
  assert.match(both.said.join(), /names several keys \(.*locked, .*open\): give one by --key/);
});
