import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startDropbear } from '../rig/dropbear.ts';
import { findProgram, run as runProgram } from '../rig/program.ts';
import type { Server } from '../rig/server.ts';
import { share } from '../rig/share.ts';
import { startSshd, type SshdOptions } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { startTinysshd } from '../rig/tinysshd.ts';
import { logOf, printedIn, refusal, siteOn, warningsOf } from './site.ts';

const tools = await temporaryDirectory('busybox');
await runProgram(await findProgram('busybox', 'busybox'), ['--install', '-s', tools.path]);
after(async () => tools[Symbol.asyncDispose]());

const noise = 'echo Welcome; echo "to shipper 1 ~ and all"; echo Beware';
const links = { share: 'public/share', 'my files': "public/it's $(here)" };

/** Deploys with a command and links, then again, goes back and looks: what a server has to be good for. */
async function goThrough(server: Server): Promise<void> {
  const events = {
    'after:create_revision': [{ run: "echo \"it's $SHIPPER_REVISION\" > index.html; mkdir public; echo '!done'" }],
  };
  const config = { directories: { share: 'share', files: 'my files' }, symlinks: links };
  await using site = await siteOn(server, { events, config });
  const first = await site.succeed({ revision: 'v1' });
  assert.equal(printedIn(first).at(-1), '!done');
  assert.deepEqual(warningsOf(first), []);
  await site.succeed({ revision: "v2'$(id)!" });
  const back = await site.succeed({ command: 'rollback' });
  assert.equal(back.outputs['active-revision'], 'v1');
  const shown = `cat current/index.html; readlink current current/public/share "current/public/it's \\$(here)"`;
  assert.equal(
    await site.sh(shown),
    [`it's v1`, `${site.base}/revisions/v1`, `${site.base}/share`, `${site.base}/my files`].join('\n'),
  );
  const { result } = await site.succeed({ command: 'status' });
  const rows = result?.targets[0]?.revisions?.map(({ name, state }) => `${name} ${state}`);
  assert.deepEqual(rows, ['v1 completed', "v2'$(id)! bad"]);
}

const servers: readonly [string, () => Promise<Server>][] = [
  ...(['bash', 'dash', 'fish', 'tcsh', 'busybox', 'rbash', 'rksh'] as const).map(
    (shell): [string, () => Promise<Server>] => [
      `OpenSSH with the login shell ${shell} and start-up files that print`,
      async () => startSshd({ shell, startup: noise }),
    ],
  ),
  ['OpenSSH with the tools of BusyBox', async () => startSshd({ tools: 'busybox' })],
  [
    'a forced command that executes what it is asked',
    async () => startSshd({ forceCommand: 'exec sh -c "$SSH_ORIGINAL_COMMAND"' }),
  ],
  [
    'a forced command of the key, which is restricted',
    async () => startSshd({ authorizedKeysOptions: 'restrict,command="exec sh -c \\"$SSH_ORIGINAL_COMMAND\\""' }),
  ],
  ['a key with restrict', async () => startSshd({ authorizedKeysOptions: 'restrict' })],
  ['dropbear', async () => startDropbear()],
  [
    'dropbear with the tools of BusyBox and start-up files that print',
    async () => startDropbear({ shell: 'tcsh', startup: `setenv PATH ${tools.path}; ${noise}` }),
  ],
  [
    'OpenSSH without gzip, base64 and setsid',
    async () => startSshd({ shell: 'tcsh', startup: `setenv PATH ${await bareTools()}` }),
  ],
];

/** POSIX alone: what the script may count on. */
async function bareTools(): Promise<string> {
  const bin = `${tools.path}/bare`;
  const names =
    'sh awk cat chmod cp cut date find grep id kill ln ls mkdir mv od printf pwd readlink rm rmdir sed sleep sort sync touch tr true uname';
  await runProgram('sh', [
    '-c',
    `mkdir "$1" && for t in ${names}; do ln -s "$(command -v $t)" "$1/$t"; done`,
    'sh',
    bin,
  ]);
  return bin;
}

describe('deploy with a command and links, rollback and status work on', { concurrency: 3 }, () => {
  for (const [name, start] of share('servers', servers, 4, { nameOf: ([name]) => name })) {
    test(name, async () => {
      await using server = await start();
      await goThrough(server);
    });
  }

  test('tinysshd, which has one session for each connection: a command gets a connection of its own', async () => {
    await using server = await startTinysshd();
    await using site = await siteOn(server, {
      config: { directories: { share: 'share' }, symlinks: { share: 'share' } },
    });
    for (const revision of ['v1', 'v2']) await site.succeed({ revision });
    await site.succeed({ command: 'rollback' });
    assert.equal(await site.active(), 'v1');
    const events = { 'after:create_revision': [{ run: 'touch made' }] };
    await site.workspace.configure({ events, config: { base_dir: site.base } });
    await site.succeed({ revision: 'v3' });
    assert.equal(await site.sh('ls current; ls revisions'), 'made\nv1\nv3');
  });
});

test('a login shell may take longer than one attempt to connect, for the steps and for each command', async () => {
  await using server = await startSshd({ shell: 'bash', startup: 'sleep 7' });
  await using site = await siteOn(server, { events: { 'after:create_revision': [{ run: 'touch made' }] } });
  await site.succeed({ 'connect-timeout': '6' });
  assert.equal(await site.sh('ls current'), 'made');
});

const refused: readonly [string, SshdOptions, RegExp][] = [
  [
    'an account for SFTP only',
    { forceCommand: 'internal-sftp' },
    /allows SFTP only.*remove `ForceCommand internal-sftp`/,
  ],
  [
    'another forced command',
    { forceCommand: 'echo hi' },
    /a forced command .* has to execute "\$SSH_ORIGINAL_COMMAND".*\(it said: hi\)/,
  ],
  [
    'a forced command that says nothing',
    { forceCommand: 'true' },
    /a forced command .* has to execute .*\(it said nothing\)/,
  ],
  ['an account without a shell', { forceCommand: '/usr/sbin/nologin' }, /may not log in: give it a shell/],
  ['start-up files that end the shell', { shell: 'bash', startup: 'echo No entry; exit 3' }, /\(it said: No entry\)/],
  [
    'start-up files that wait for input',
    { shell: 'bash', startup: 'cat >/dev/null' },
    /did not answer within 6 seconds: look for a start-up file \(such as \.bashrc\) that waits for input.* raise `connect-timeout`/,
  ],
];

describe('is refused by name, and the run ends:', { concurrency: 3 }, () => {
  for (const [name, options, says] of share('refusals', refused, 3, { nameOf: ([name]) => name })) {
    test(name, async () => {
      await using server = await startSshd(options);
      await using site = await siteOn(server);
      const action = await site.start({ 'connect-timeout': '2' });
      const patience = setTimeout(() => action.child.kill('SIGKILL'), 60_000);
      const run = await action.done;
      clearTimeout(patience);
      assert.equal(run.signal, null, `It did not end by itself:\n${logOf(run)}`);
      assert.match(refusal(run, 'TARGET'), says);
      assert.deepEqual([await site.tree(), run.result?.status], ['', 'failed']);
    });
  }
});

describe('what start-up files print', { concurrency: 2 }, () => {
  const module = `export class Site { constructor(s) { this.s = s }
    async look() { this.s.setOutput('seen', (await this.s.run('echo hi; echo ho >&2')).map((r) => r.stdout + r.stderr).join()) } }`;

  test('is no part of what a command printed', async () => {
    await using server = await startSshd({ shell: 'bash', startup: `${noise}; echo Error >&2` });
    await using site = await siteOn(server, {
      events: { 'after:create_revision': ['hooks.Site.look'] },
      files: { 'hooks.mjs': module },
    });
    const run = await site.succeed();
    assert.equal(run.outputs['seen'], 'hi\nho\n');
    assert.deepEqual(printedIn(run).toSorted(), ['hi', 'ho']);
  });

  test('may be 20 MB in one line', async () => {
    await using server = await startSshd({ shell: 'bash', startup: 'head -c 20000000 /dev/zero | tr "\\0" x' });
    await using site = await siteOn(server);
    const action = await site.start();
    const patience = setTimeout(() => action.child.kill('SIGKILL'), 60_000);
    const run = await action.done;
    clearTimeout(patience);
    assert.deepEqual([run.signal, run.code], [null, 0], logOf(run));
  });
});

test('variables of the account keep their values in commands, whatever their names are', async () => {
  const names =
    'token host key name state run home line word value rest step goal lang revision sync epoch umask'.split(' ');
  await using server = await startSshd({ config: [`SetEnv ${names.map((name) => `${name}=own-${name}`).join(' ')}`] });
  const print = names.map((name) => `echo "$${name}"`).join('; ');
  await using site = await siteOn(server, { events: { 'after:create_revision': [{ run: print }] } });
  assert.deepEqual(
    printedIn(await site.succeed()),
    names.map((name) => `own-${name}`),
  );
});
