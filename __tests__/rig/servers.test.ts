import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDropbear } from './dropbear.ts';
import { isRunning } from './processes.ts';
import { findProgram, run } from './program.ts';
import type { Server } from './server.ts';
import { startSshd } from './sshd.ts';
import { temporaryDirectory } from './temporary.ts';
import { startTinysshd } from './tinysshd.ts';

/** Runs a command on a server by OpenSSH's own client, host key checked. */
async function ssh(server: Server, command: string): Promise<string> {
  await using directory = await temporaryDirectory('client');
  const knownHosts = join(directory.path, 'known_hosts');
  await writeFile(knownHosts, `${server.knownHosts}\n`);
  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', `UserKnownHostsFile=${knownHosts}`].flatMap((one) => [
    '-o',
    one,
  ]);
  const where = ['-F', 'none', '-i', server.key.file, '-p', String(server.port), `${server.user}@${server.host}`];
  return await run(await findProgram('ssh', 'openssh-client'), [...options, ...where, command]);
}

const daemon = 'setsid sleep 1000 >/dev/null 2>&1 & echo $!';

for (const start of [async () => startSshd(), async () => startSshd({ shell: 'bash' }), startDropbear, startTinysshd]) {
  test(`a server lets its user in and leaves nothing behind: ${start.name || start.toString()}`, async () => {
    let left = { pid: 0, root: '', user: '' };
    {
      await using server = await start();
      await ssh(server, `mkdir ${server.root}/a && ln -s a ${server.root}/b && touch ${server.root}/a/c`);
      assert.deepEqual(await server.tree(), ['a/', 'a/c', 'b -> a']);
      assert.equal(await server.sh('cat a/c; readlink b'), 'a');
      left = { pid: Number(await ssh(server, daemon)), root: server.root, user: server.user };
      assert.ok(isRunning(left.pid));
    }
    assert.ok(!isRunning(left.pid), 'a daemon of a session is still there');
    assert.ok(!existsSync(left.root), 'the directory is still there');
    if (left.user.startsWith('shp')) await assert.rejects(run('id', [left.user]), /no such user/);
  });
}

for (const shell of ['bash', 'busybox', 'dash', 'fish', 'tcsh', 'zsh'] as const) {
  test(`a user can have ${shell} as its login shell, with start-up files that print`, async () => {
    await using server = await startSshd({ shell, startup: 'echo Welcome' });
    const expected = shell === 'busybox' || shell === 'dash' ? 'hello\n' : 'Welcome\nhello\n';
    assert.equal(await ssh(server, "exec sh -c 'echo hello'"), expected);
  });
}

test('a session can find BusyBox where it looks for its tools', async () => {
  await using server = await startSshd({ tools: 'busybox' });
  assert.match(await ssh(server, 'sh -c "readlink /proc/self/exe"'), /busybox\n$/);
});
