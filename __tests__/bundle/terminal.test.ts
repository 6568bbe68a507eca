import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { version } from '../../src/action/help.ts';
import { oldNode } from '../rig/old-node.ts';
import { findProgram, run as runProgram } from '../rig/program.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { watch } from '../rig/watched.ts';
import { type Site, siteOn } from './site.ts';

const password = 'pass word';
const passphrase = 'correct horse';
const server = await startSshd({ passphrase, password });
const home = await temporaryDirectory('home');
const keyFile = join(home.path, 'my id');
await mkdir(join(home.path, '.ssh'));
await writeFile(join(home.path, '.ssh', 'known_hosts'), `${server.knownHosts}\n`);
await writeFile(
  join(home.path, 'others'),
  `${server.knownHosts.replace(/AAAA.*/, 'AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')}\n`,
);
await runProgram('cp', [server.key.file, keyFile]);
await runProgram('ssh-keygen', ['-q', '-p', '-P', passphrase, '-N', '', '-f', keyFile]);
after(async () => {
  await server[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

/** The one that runs the tests, and the oldest that Shipper takes. */
const nodes = [process.execPath, await oldNode('20.19.0')];

interface Typed {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: string;
  readonly cwd?: string;
}

/** What a person would see who types this; a line of stdin for each secret that is asked for. */
async function type(args: readonly string[], { stdin, env, node = process.execPath, cwd = home.path }: Typed = {}) {
  const entry = join(import.meta.dirname, '..', '..', 'dist', 'index.js');
  const { PATH } = process.env;
  const child = spawn(node, [entry, ...args], {
    cwd,
    env: { PATH, HOME: home.path, USER: 'ann', ...env },
    stdio: 'pipe',
  });
  const watched = watch(child);
  if (stdin === undefined) child.stdin.end();
  else child.stdin.write(stdin); // And stays open, as a terminal does.
  const { code } = await watched.ended;
  return { code, stdout: watched.stdout(), stderr: watched.stderr() };
}

const reach = ['--host', `${server.user}@${server.host}:${server.port}`];

async function typeIn(site: Site, args: readonly string[], typed: Typed = {}): Promise<string> {
  const { code, stdout, stderr } = await type([...reach, ...args], { cwd: site.workspace.path, ...typed });
  assert.deepEqual([code, stderr.replace(/^(?:password|passphrase): $/gm, '')], [0, ''], `${stdout}\n${stderr}`);
  assert.doesNotMatch(stdout, /^::/m);
  return stdout;
}

describe('from a terminal', { concurrency: 3 }, () => {
  for (const node of nodes) {
    test(`the bundle deploys, shows and goes back with ${node}`, async () => {
      await using site = await siteOn(server, { events: { 'after:create_revision': [{ run: 'echo built' }] } });
      for (const revision of ['v1', 'v2']) {
        const stdout = await typeIn(site, ['--key', keyFile, '--revision', revision], { node });
        assert.match(stdout, new RegExp(`│ built\n[^]*${revision} is active`));
      }
      assert.match(
        await typeIn(site, ['--key', keyFile, '--command', 'rollback'], { node }),
        /v1 is active, before it v2/,
      );
      const status = await typeIn(site, [`--key=~/my id`, '--command=status'], { node });
      assert.match(status, /v1 is active\n +v2 +bad .* ann\n +→ +v1 +completed .* ann\n$/);
      assert.equal(await site.active(), 'v1');
    });

    test(`a host may be an alias of ~/.ssh/config with ${node}`, async () => {
      await using person = await temporaryDirectory('person');
      await mkdir(join(person.path, '.ssh'));
      const known = join(home.path, '.ssh', 'known_hosts');
      const hop = `Host hop\n  HostName ${server.host}\n  Port ${server.port}\n  User ${server.user}\n`;
      const prod = `Host prod\n  HostName ${server.host}\n  Port ${server.port}\n  User ${server.user}\n  ProxyJump hop\n`;
      await writeFile(join(person.path, '.ssh', 'config'), `${hop}${prod}  IdentityFile "${keyFile}"\n`);
      await using site = await siteOn(server, {});
      const args = ['--host', 'prod', '--known-hosts', known, '--revision', 'v1'];
      const { code, stdout, stderr } = await type(args, {
        ...{ cwd: site.workspace.path, env: { HOME: person.path }, node },
      });
      assert.deepEqual([code, stderr], [0, ''], stdout);
      assert.match(stdout, /deploy v1 on prod\n/);
      assert.equal(await site.active(), 'v1');
    });

    test(`--help lists the flags with ${node}`, async () => {
      const { code, stdout, stderr } = await type(['--help'], { node });
      assert.deepEqual([code, stderr], [0, '']);
      for (const flag of [
        '--command VALUE',
        '--key VALUE',
        '--password ',
        '--known-hosts VALUE',
        '--dry-run',
        '--no-listeners',
      ])
        assert.ok(stdout.includes(`\n  ${flag}`), stdout);
    });
  }

  test('a dry run and --no-listeners leave out what they say', async () => {
    await using site = await siteOn(server, { events: { 'on:start': [{ run: 'echo heard', on: 'runner' }] } });
    assert.match(await typeIn(site, ['--key', keyFile, '--dry-run']), /deploy would\n +create +directory/);
    assert.equal(await site.tree(), '');
    assert.doesNotMatch(await typeIn(site, ['--key', keyFile, '--no-listeners']), /heard/);
    assert.match(await typeIn(site, ['--key', keyFile]), /heard/);
  });

  test('the agent is the default', async () => {
    const socket = join(home.path, 'agent');
    const agent = spawn(await findProgram('ssh-agent', 'openssh-client'), ['-D', '-a', socket], { stdio: 'pipe' });
    await watch(agent).printed(/SSH_AUTH_SOCK/);
    await runProgram('env', [`SSH_AUTH_SOCK=${socket}`, 'ssh-add', '-q', keyFile]);
    await using site = await siteOn(server);
    await typeIn(site, [], { env: { SSH_AUTH_SOCK: socket } });
    agent.kill();
    const { code, stderr } = await type(reach, { cwd: site.workspace.path });
    assert.deepEqual(
      [code, stderr],
      [1, 'error: the key comes from an agent, but SSH_AUTH_SOCK is not set: start ssh-agent, or give a key\n'],
    );
  });

  test('a passphrase and a password are asked for', async () => {
    await using site = await siteOn(server);
    await typeIn(site, ['--key', server.key.file, '--passphrase'], { stdin: `${passphrase}\n` });
    await typeIn(site, ['--password'], { stdin: `${password}\n` });
    const { code, stderr } = await type([...reach, '--password', 'hunter2'], {
      cwd: site.workspace.path,
      stdin: 'x\n',
    });
    assert.equal(code, 1);
    assert.match(stderr, /--password and --passphrase take none/);
    assert.doesNotMatch(stderr, /hunter2/);
  });

  test('the known hosts come from ~/.ssh, or from the file that is named', async () => {
    await using site = await siteOn(server);
    const { code, stderr } = await type(
      [...reach, '--key', keyFile, '--known-hosts', '~/others'.replace('~', home.path)],
      { cwd: site.workspace.path },
    );
    assert.equal(code, 1);
    assert.match(stderr, /^error: .* does not show the host key that it should have/);
    await writeFile(join(home.path, 'theirs'), `${server.knownHosts}\n`);
    await typeIn(site, ['--key', keyFile, '--known-hosts', join(home.path, 'theirs')], {
      env: { HOME: '/nonexistent' },
    });
    const none = await type([...reach, '--key', keyFile], { cwd: site.workspace.path, env: { HOME: '/nonexistent' } });
    assert.ok(none.stderr.includes(server.knownHosts), none.stderr);
  });

  test('mistakes are told on stderr, with their place in the config, and nothing is done', async () => {
    await using site = await siteOn(server, { config: { umsak: '022' } });
    const cwd = site.workspace.path;
    const wrong = await type([...reach, '--key', keyFile], { cwd });
    assert.deepEqual([wrong.code, wrong.stdout], [1, `Shipper ${version}\n`]);
    assert.match(wrong.stderr, /^shipper\.json:6:5: unknown key "umsak": did you mean "umask"\?\n$/);
    const flags = await type(['--hosts', 'a', '--port', 'x', 'rollback'], { cwd });
    assert.deepEqual(flags.stderr.trimEnd().split('\n'), [
      'error: There is no flag --hosts: did you mean "--host"?',
      'error: "rollback" belongs to no flag: did you mean "--command rollback"?',
      'error: --port: must be a whole number from 1 to 65535, not "x"',
    ]);
    assert.match((await type([], { cwd })).stderr, /^error: Say what to do/);
    assert.equal(await site.tree(), '');
  });
});
