import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPostponed } from '../../src/ssh/failure.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { run as runProgram } from '../rig/program.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { connectTo, failure, memoryLog, run } from './story.ts';

/** What PAM adds to a login, on a real sshd with the machine's own PAM. */
const password = 'hunter2';
const pam = ['UsePAM yes', 'KbdInteractiveAuthentication yes'];

for (const methods of ['keyboard-interactive,publickey', 'publickey,keyboard-interactive']) {
  test(`a server that wants ${methods} gets both, and neither twice`, async () => {
    await using server = await startSshd({ password, config: [...pam, `AuthenticationMethods ${methods}`] });
    const key = readPrivateKey(server.keyText);
    for (const early of [true, false]) {
      using connection = await connectTo(server, { key, password }, server, { early });
      assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
      assert.equal(connection.keyFingerprint, key.fingerprint);
    }
    assert.equal(server.log().match(/Partial keyboard-interactive|Accepted keyboard-interactive/g)?.length, 2);
    assert.doesNotMatch(server.log(), /Failed (?:password|keyboard)/);
  });
}

test('an account that has expired is told in the words of the server, not tried again, and the key not blamed', async () => {
  await using server = await startSshd({ config: pam });
  await runProgram('usermod', ['--expiredate', '1', server.user]);
  for (const early of [true, false]) {
    const log = memoryLog();
    const connected = connectTo(server, { key: readPrivateKey(server.keyText) }, server, { early, log });
    const work = connected.then(async (connection) => run(connection, 'true'));
    const { message } = await failure(work, 'AUTH');
    assert.match(message, /ended the login of \S+ .*It says: "Your account has expired/);
    assert.doesNotMatch(log.lines.join('\n'), /Trying again/);
  }
});

test('a server that is booting up is tried again until it is up', async () => {
  await using directory = await temporaryDirectory('booting');
  const state = join(directory.path, 'run');
  await mkdir(join(state, 'sshd'), { recursive: true });
  await writeFile(
    join(state, 'nologin'),
    'System is booting up. Unprivileged users are not permitted to log in yet.\n',
  );
  const inside = ['unshare', '-m', 'sh', '-c', 'mount --bind "$1" /run && shift && exec "$@"', 'sh', state];
  await using server = await startSshd({ config: pam, start: inside });
  const key = readPrivateKey(server.keyText);
  for (const early of [true, false]) {
    const connected = connectTo(server, { key }, server, { early });
    const refused = await failure(
      connected.then(async (connection) => run(connection, 'true')),
      'AUTH',
    );
    assert.match(refused.message, /It says: "System is booting up\. Unprivileged users/);
    assert.ok(isPostponed(refused));
  }
  const log = memoryLog();
  const up = {
    ...log,
    info: (line: string) => {
      log.info(line);
      void rm(join(state, 'nologin'), { force: true });
    },
  };
  using connection = await connectTo(server, { key }, server, { log: up, pause: 200 });
  assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
  assert.match(log.lines.join('\n'), /booting up.* Trying again/);
});
