import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { run as runProgram } from '../rig/program.ts';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { until } from '../rig/until.ts';

test('a deploy waits for a server that is booting up; an expired account fails it, and nothing is unknown', async () => {
  await using directory = await temporaryDirectory('booting');
  const state = join(directory.path, 'run');
  const nologin = join(state, 'nologin');
  await mkdir(join(state, 'sshd'), { recursive: true });
  await writeFile(nologin, 'System is booting up. Unprivileged users are not permitted to log in yet.\n');
  const start = ['unshare', '-m', 'sh', '-c', 'mount --bind "$1" /run && shift && exec "$@"', 'sh', state];
  await using server = await startSshd({ config: ['UsePAM yes'], start });
  await using ship = await shipTo(server);

  const waiting = ship.run();
  await until('the server has refused a login', () => server.log().includes('Access denied for user'));
  await rm(nologin);
  const waited = await waiting;
  assert.equal(waited.code, 0, waited.lines.join('\n'));
  assert.match(waited.lines.join('\n'), /booting up.* Trying again/);
  assert.notEqual(await ship.active(), '');

  await runProgram('usermod', ['--expiredate', '1', server.user]);
  const { code, lines } = await ship.run();
  assert.equal(code, 1);
  const said = lines.join('\n');
  assert.match(said, /::error title=Shipper%3A AUTH::.*It says: "Your account has expired/);
  assert.doesNotMatch(said, /unknown/);
});
