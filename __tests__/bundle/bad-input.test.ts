import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import { runAction } from '../rig/action.ts';
import { generateKey } from '../rig/keys.ts';
import { startRelay } from '../rig/relay.ts';
import { freePort } from '../rig/server.ts';
import { share } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import type { Content } from '../rig/workspace.ts';
import { until } from '../rig/until.ts';
import { errorsOf, logOf, refusal, siteOn } from './site.ts';

const server = await startSshd({ hostKeys: ['ed25519', 'ecdsa'] });
const keys = await temporaryDirectory('keys');
const stranger = await generateKey(`${keys.path}/stranger`);
const encrypted = await generateKey(`${keys.path}/encrypted`, 'ed25519', 'correct horse');
after(async () => {
  await server[Symbol.asyncDispose]();
  await keys[Symbol.asyncDispose]();
});

type Values = Readonly<Record<string, string | undefined>>;

/** Something that is wrong before anything is contacted. */
interface Early {
  readonly name: string;
  readonly inputs?: Values;
  readonly env?: Values;
  readonly events?: object;
  readonly files?: Readonly<Record<string, Content>>;
  readonly code: ErrorCode;
  /** The message of every error annotation, in order. */
  readonly says: readonly RegExp[];
}

const hooks = { 'hooks.mjs': 'export class Site { build() {} }' };
const calling = (reference: string): Pick<Early, 'events' | 'files' | 'code'> => ({
  events: { 'after:create_revision': [reference] },
  files: hooks,
  code: 'CONFIG',
});

const early: readonly Early[] = [
  { name: 'no key', inputs: { key: '' }, code: 'INPUT', says: [/^input "key": is empty, .* Pass a private key/] },
  {
    name: 'no inputs at all',
    inputs: { host: undefined, user: undefined, port: undefined, key: undefined, 'known-hosts': undefined },
    code: 'INPUT',
    says: [/^input "key": is empty/],
  },
  ...['ssh://deploy@app.example.com', 'sftp://app.example.com:22/srv', '//app.example.com'].map((host): Early => ({
    name: `a host that is a URL, ${host}`,
    inputs: { host, 'proxy-jump': 'jump.example.com' },
    code: 'INPUT',
    says: [/^input "host": it must not be a URL: its form is \[user@\]host\[:port\]$/],
  })),
  {
    name: 'a password in a host, which is shown nowhere',
    inputs: { host: 'deploy:hidden-1@app.example.com', 'proxy-jump': 'jump:hidden-2@jump.example.com' },
    code: 'INPUT',
    says: [
      /^input "proxy-jump": it has a ":" in its user/,
      /^input "host": it has a ":" in its user: a password belongs in the input "password"$/,
    ],
  },
  {
    name: 'a password in a host that is to select among targets',
    inputs: { host: 'deploy:hidden-1@web1' },
    env: { SHIP_TARGETS: '[{"host": "web1"}, {"host": "web2"}]' },
    code: 'INPUT',
    says: [/^input "host": the config has "targets": select among them by name or host/],
  },
  { name: 'an empty host', inputs: { host: '' }, code: 'INPUT', says: [/^There is no host: give the input "host"/] },
  { name: 'an empty user', inputs: { user: ' ' }, code: 'INPUT', says: [/^There is no user: give the input "user"/] },
  {
    name: 'unknown and malformed inputs, all in one run',
    inputs: {
      hosts: 'a',
      command: 'delpoy',
      port: '0',
      'dry-run': 'maybe',
      listeners: 'no',
      'connect-timeout': '1.5',
      'lock-timeout': '-1',
      concurrency: 'all',
      'known-hosts': 'missing/file',
    },
    code: 'INPUT',
    says: [
      /^There is no input "hosts": did you mean "host"\?$/,
      /^input "known-hosts": is neither known_hosts lines .* nor a file in the workspace/,
      /^input "port": must be a whole number from 1 to 65535, not "0"$/,
      /^input "dry-run": must be true or false, not "maybe"$/,
      /^input "listeners": must be true or false, not "no"$/,
      /^input "connect-timeout": must be a whole number/,
      /^input "lock-timeout": must be a whole number/,
      /^input "concurrency": must be a whole number/,
      /^input "command": must be one of deploy, .*, not "delpoy": did you mean "deploy"\?$/,
    ],
  },
  {
    name: 'prepare without a revision',
    inputs: { command: 'prepare' },
    code: 'INPUT',
    says: [/^input "revision": prepare needs the name of a revision/],
  },
  {
    name: 'a revision, a user, a host and a jump host that are none',
    inputs: { revision: '../up', user: '-oProxyCommand=x', host: 'ssh://web', 'proxy-jump': 'a,b:x' },
    code: 'INPUT',
    says: [
      /^input "user": it has a user that begins with "-"$/,
      /^input "proxy-jump": hop 2 of it must have a port/,
      /^input "revision": it must not begin with "\."$/,
      /^input "host": it must not be a URL/,
    ],
  },
  {
    name: 'a fingerprint that is none',
    inputs: { fingerprint: 'SHA256:short' },
    code: 'INPUT',
    says: [/SHA256: and 43 characters.*ssh-keygen -lf/],
  },
  {
    name: 'known hosts that are none',
    inputs: { 'known-hosts': 'web1 ssh-ed25519 AAAAnonsense\nweb2 ssh-ed25519' },
    code: 'INPUT',
    says: [/^known-hosts, line 1: the key is/, /^known-hosts, line 2: it has to be `host type key`/],
  },
  {
    name: 'a config that is not there',
    inputs: { config: 'deploy/none.json' },
    code: 'CONFIG',
    says: [/^There is no config "deploy\/none\.json".* was the repository checked out\?/],
  },
  {
    name: 'a config outside the workspace',
    inputs: { config: '../shipper.json' },
    code: 'CONFIG',
    says: [/is outside the workspace: give a path below it/],
  },
  {
    name: 'a config that is a symlink to the outside',
    inputs: { config: 'link.json' },
    files: { 'link.json': { link: '/etc/passwd' } },
    code: 'CONFIG',
    says: [/is a symlink to \/etc\/passwd, outside the workspace/],
  },
  {
    name: 'known hosts that are a symlink to the outside',
    inputs: { 'known-hosts': 'hosts' },
    files: { hosts: { link: '/etc/passwd' } },
    code: 'INPUT',
    says: [/it is a symlink to \/etc\/passwd, outside the workspace/],
  },
  {
    name: 'SHIP_ variables that fit nothing, whose values stay unseen',
    env: {
      SHIP_REVISONS_TO_KEEP: 'hidden-1',
      SHIP_CONFIG__NONSENSE: 'hidden-2',
      SHIP_SYNC: 'hidden-3',
      SHIP_TARGETS: '[hidden-4',
    },
    code: 'CONFIG',
    says: [
      /^SHIP_CONFIG__NONSENSE: fits nothing in the config/,
      /^SHIP_REVISONS_TO_KEEP: fits nothing in the config: did you mean SHIP_REVISIONS_TO_KEEP\?$/,
      /^SHIP_SYNC: must be true or false/,
      /^SHIP_TARGETS: must be a JSON array/,
    ],
  },
  {
    name: 'a missing module',
    ...calling('hook.Site.build'),
    says: [/hooks\.mjs exists; did you mean "hooks\.Site\.build"\?/],
  },
  {
    name: 'a missing class',
    ...calling('hooks.Sitte.build'),
    says: [/does not export "Sitte": did you mean "Site"\?/],
  },
  { name: 'a missing method', ...calling('hooks.Site.biuld'), says: [/has no method "biuld": did you mean "build"\?/] },
  {
    name: 'a module outside the workspace by ..',
    ...calling('...up.Site.build'),
    says: [/has an empty name between its dots/],
  },
  {
    name: 'a module outside the workspace by a symlink',
    ...calling('out.Site.build'),
    files: { 'out.mjs': { link: '/etc/hostname' } },
    says: [/outside the workspace/],
  },
  {
    name: 'a module that could be either of two files',
    ...calling('hooks.Site.build'),
    files: { ...hooks, 'hooks.ts': 'export class Site {}' },
    says: [/hooks\.ts.*hooks\.mjs|hooks\.mjs.*hooks\.ts/],
  },
  {
    name: 'a public key',
    inputs: { key: stranger.publicKey },
    code: 'KEY',
    says: [/^The key is a public key: the key that belongs here/],
  },
  { name: 'a cut key', inputs: { key: stranger.text.slice(0, 200) }, code: 'KEY', says: [/^The key is cut off/] },
  {
    name: 'a path for a key',
    inputs: { key: '~/.ssh/id_ed25519' },
    code: 'KEY',
    says: [/^The key is a path: give the text/],
  },
  {
    name: "PuTTY's key",
    inputs: { key: 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none' },
    code: 'KEY',
    says: [/puttygen key\.ppk -O private-openssh/],
  },
  {
    name: 'a key without its passphrase',
    inputs: { key: encrypted.text },
    code: 'KEY',
    says: [/^The key is encrypted and there is no passphrase: give it as `passphrase`/],
  },
  {
    name: 'a wrong passphrase',
    inputs: { key: encrypted.text, passphrase: 'wrong horse' },
    code: 'KEY',
    says: [/^The passphrase is not the one of this key/],
  },
  {
    name: 'an agent that is not there',
    inputs: { key: 'agent' },
    code: 'KEY',
    says: [/SSH_AUTH_SOCK is not set: start ssh-agent/],
  },
];

describe('before anything is contacted, it refuses', { concurrency: 3 }, () => {
  for (const { name, inputs, env, events = {}, files = {}, code, says } of share('before contact', early, 14, {
    nameOf: ({ name }) => name,
  })) {
    test(name, async () => {
      await using relay = await startRelay(server.port);
      await using site = await siteOn(server, { events, files });
      const run = await site.run({ port: String(relay.port), ...inputs }, env);
      const errors = errorsOf(run);
      assert.deepEqual(
        errors.map(({ title }) => title),
        says.map(() => `Shipper: ${code}`),
        logOf(run),
      );
      says.forEach((pattern, index) => assert.match(errors[index]?.message ?? '', pattern));
      assert.equal(run.code, 1);
      assert.equal(relay.connections, 0);
      assert.equal(await site.tree(), '');
      assert.doesNotMatch(logOf(run).replace(/^::add-mask::.*$/gm, ''), /hidden-|correct horse/);
    });
  }
});

/** A fault that only the server shows. */
interface Late {
  readonly name: string;
  readonly inputs?: Values;
  readonly config?: object;
  /** A script that makes the server's directory what it is before the run. */
  readonly put?: string;
  /** Takes away from the server's user what `put` made. */
  readonly own?: string;
  readonly code: ErrorCode;
  readonly says: RegExp;
}

const knownAs = (hosts: string, publicKey: string): string => `${hosts} ${publicKey}`;
const here = `[127.0.0.1]:${server.port}`;
const deployed = 'mkdir -p revisions/.shipper';

const late: readonly Late[] = [
  {
    name: 'a server whose key is another one',
    inputs: { 'known-hosts': knownAs(here, stranger.publicKey) },
    code: 'HOST_KEY',
    says: /does not show the host key that it should have[^]*line for known-hosts would be\n\[127\.0\.0\.1\]:\d+ ssh-ed25519 AAAA[^]*Compare first/,
  },
  {
    name: 'a server whose key is revoked',
    inputs: { 'known-hosts': server.knownHosts.replace(/^/gm, '@revoked ') },
    code: 'HOST_KEY',
    says: /@revoked by line 1/,
  },
  {
    name: 'a server with another fingerprint',
    inputs: { 'known-hosts': '', fingerprint: stranger.fingerprint },
    code: 'HOST_KEY',
    says: /does not show the host key that it should have/,
  },
  {
    name: 'a server that is known by a certificate authority only',
    inputs: { 'known-hosts': knownAs(`@cert-authority ${here}`, stranger.publicKey) },
    code: 'HOST_KEY',
    says: /shows no certificate/,
  },
  {
    name: 'a user whom the server does not know',
    inputs: { user: 'nobody-of-that-name' },
    code: 'AUTH',
    says: /does not let nobody-of-that-name in with the key SHA256:.*\n?[^]*authorized_keys/,
  },
  {
    name: 'a key that the server does not know',
    inputs: { key: stranger.text },
    code: 'AUTH',
    says: new RegExp(`Add this line, which is no secret, to .*\n${stranger.publicKey.replace(/[+/]/g, '\\$&')}`),
  },
  {
    name: 'a port on which nobody listens',
    inputs: { port: String(await freePort()) },
    code: 'CONNECT',
    says: /refuses connections on port \d+\. Check that an SSH server runs there/,
  },
  {
    name: 'a name that nobody has',
    inputs: { host: 'host.invalid' },
    code: 'CONNECT',
    says: /host\.invalid.*Check /,
  },
  {
    name: "a directory in the active symlink's place",
    put: `${deployed}; mkdir current; echo precious > current/data`,
    code: 'TARGET',
    says: /current stands where the active symlink has to be, but is no symlink; nothing was touched\. The command `adopt` makes a revision of a directory; or move it away, on the server: sudo mv /,
  },
  {
    name: "a file in the active symlink's place",
    put: 'echo precious > current',
    code: 'TARGET',
    says: /current stands where the active symlink has to be[^]*mv /,
  },
  {
    name: 'a file in the place of the revisions',
    put: 'echo precious > revisions',
    code: 'TARGET',
    says: /revisions is not a directory: choose another config\.directories\.revisions, or on the server: sudo mv /,
  },
  {
    name: 'revisions that the user may not write to',
    own: 'mkdir revisions; chmod 555 revisions',
    code: 'TARGET',
    says: /may not write to .*\/revisions; on the server: sudo chown /,
  },
  {
    name: "an active symlink's directory that the user may not write to",
    config: { active_symlink: 'etc/current' },
    own: 'mkdir etc; chmod 555 etc',
    code: 'TARGET',
    says: /may not write to .*\/etc; on the server: sudo chown /,
  },
  {
    name: 'revisions of another active symlink',
    put: `${deployed}; echo /srv/other/current > revisions/.shipper/active`,
    code: 'TARGET',
    says: /already serves the active symlink \/srv\/other\/current: give .* a revisions directory of its own/,
  },
  {
    name: 'a rollback where nothing was ever deployed',
    inputs: { command: 'rollback' },
    code: 'TARGET',
    says: /there is nothing to roll back to: no completed revision is older/,
  },
  {
    name: 'an activation where nothing was ever prepared',
    inputs: { command: 'activate', revision: 'v9' },
    code: 'TARGET',
    says: /there is no revision v9: prepare it first/,
  },
];

test('behind a shell that drops variables with a hyphen, a dry run is refused and does not become a deploy', async () => {
  await using site = await siteOn(server);
  await site.succeed({ revision: 'v1' });
  const before = await site.tree();
  await using shim = await temporaryDirectory('shim');
  const entry = join(shim.path, 'start');
  const bundle = join(import.meta.dirname, '..', '..', 'dist', 'index.js');
  writeFileSync(entry, `#!/bin/dash\nexec '${process.execPath}' '${bundle}'\n`);
  const inputs = { ...site.inputs, 'dry-run': 'true', revision: 'v2' };
  const run = await runAction({ cwd: site.workspace.path, node: '/bin/dash', entry, inputs });
  assert.match(
    refusal(run, 'INPUT'),
    /"dry-run", "connect-timeout", "lock-timeout" did not arrive, and so nothing was done/,
  );
  assert.equal(await site.tree(), before);
});

describe('before anything is changed, it refuses', { concurrency: 3 }, () => {
  for (const { name, inputs, config = {}, put = '', own = '', code, says } of share('before a change', late, 7, {
    nameOf: ({ name }) => name,
  })) {
    test(name, async () => {
      await using site = await siteOn(server, { config });
      await site.put(put);
      await site.sh(own);
      const before = await site.tree();
      const run = await site.run(inputs);
      assert.match(refusal(run, code), says);
      assert.equal(await site.tree(), before);
    });
  }

  const afterTwo: readonly (Pick<Late, 'code' | 'says' | 'config'> & { readonly inputs: Values })[] = [
    {
      inputs: { command: 'rollback', revision: 'v9' },
      code: 'TARGET',
      says: /there is no revision v9; there are: v1 v2/,
    },
    {
      inputs: { command: 'activate', revision: 'v1' },
      code: 'TARGET',
      says: /v1 is not waiting to be activated; to go back to it, use rollback/,
    },
    {
      inputs: { command: 'prepare', revision: 'v1' },
      code: 'TARGET',
      says: /v1 exists already: prepare needs a name that is not taken/,
    },
    {
      inputs: { command: 'rollback', revision: 'waits' },
      code: 'TARGET',
      says: /waits was never active: use activate/,
    },
    {
      inputs: { revision: 'v3' },
      config: { source_dir: 'source', symlinks: { share: 'link/share' } },
      code: 'TARGET',
      says: /the link link\/share would leave the revision or has no place in it/,
    },
  ];
  test('what a server with two revisions cannot do, a link through a symlinked parent among it', async () => {
    await using site = await siteOn(server);
    await site.put('mkdir source share outside; ln -s ../../outside source/link');
    for (const revision of ['v1', 'v2']) await site.succeed({ revision });
    await site.succeed({ command: 'prepare', revision: 'waits' });
    const before = await site.tree();
    for (const { inputs, config, code, says } of afterTwo) {
      await site.workspace.configure({ config: { base_dir: site.base, sync: false, ...config } });
      assert.match(refusal(await site.run(inputs), code), says);
      assert.equal(await site.tree(), before);
    }
    await site.succeed({ command: 'rollback' });
    assert.match(
      refusal(await site.run({ command: 'rollback' }), 'TARGET'),
      /nothing to roll back to: no .* older than v1/,
    );
    assert.equal(await site.active(), 'v1');
  });
});

test('without a host key it prints the line to add, and sends nothing to authenticate', async () => {
  await using fresh = await startSshd();
  await using site = await siteOn(fresh);
  const run = await site.run({ 'known-hosts': '' });
  const message = refusal(run, 'HOST_KEY');
  assert.ok(message.includes(`\n${fresh.knownHosts}\n`), message);
  assert.match(message, /has neither `known-hosts` nor `fingerprint`\. Nothing was sent to it\./);
  assert.match(message, /Compare first: `ssh-keygen -lf \/etc\/ssh\/ssh_host_ed25519_key\.pub`, on the server itself/);
  await until('sshd logs the connection', () => fresh.log().includes('Connection from 127.0.0.1'));
  assert.doesNotMatch(fresh.log(), new RegExp(`publickey|Accepted|Failed|authenticating user|${fresh.user}`));
  await site.succeed({ 'known-hosts': /^\[.*$/m.exec(message)?.[0] });
  await until('sshd logs the login', () => fresh.log().includes('Accepted publickey'));
});
