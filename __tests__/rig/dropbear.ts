import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fingerprintOf, generateKey, withoutComment } from './keys.ts';
import { findProgram, run } from './program.ts';
import { authorize, describeServer, makeRoot, startListening, type Server } from './server.ts';
import { temporaryDirectory } from './temporary.ts';
import { createUser, type UserOptions } from './user.ts';

/** Starts Dropbear on a free port of 127.0.0.1, with a user of its own: it reads `~/.ssh` only. Needs root. */
export async function startDropbear(options: UserOptions = {}): Promise<Server> {
  const dropbear = await findProgram('dropbear', 'dropbear-bin');
  const dropbearkey = await findProgram('dropbearkey', 'dropbear-bin');
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory('dropbear'));
  const user = stack.use(await createUser(options));
  const hostKeyFile = join(path, 'host_key');
  const made = await run(dropbearkey, ['-t', 'ed25519', '-f', hostKeyFile]);
  const hostKey = withoutComment(/^ssh-ed25519 .*$/m.exec(made)?.[0] ?? '');
  const key = await generateKey(join(path, 'user_key'));
  await authorize(user, key);
  const root = await makeRoot(path, user);
  const args = ['-F', '-E', '-m', '-r', hostKeyFile, '-P', join(path, 'pid')];
  const { port, log } = await startListening(
    (at) => spawn(dropbear, [...args, '-p', `127.0.0.1:${String(at)}`], { stdio: ['ignore', 'ignore', 'pipe'] }),
    /Not backgrounding/,
    stack,
  );
  const facts = { port, log, root, key, user: user.name };
  return describeServer({ ...facts, hostKeys: [hostKey], fingerprint: fingerprintOf(hostKey) }, stack.move());
}
