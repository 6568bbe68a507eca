import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';
import { fingerprintOf, generateKey, withoutComment } from './keys.ts';
import { killOnce, killServer } from './processes.ts';
import { findProgram, run } from './program.ts';
import { authorize, describeServer, makeRoot, portOf, type Server } from './server.ts';
import { temporaryDirectory } from './temporary.ts';
import { createUser, type UserOptions } from './user.ts';

/** Starts TinySSH, one process for each connection to a free port of 127.0.0.1, with a user of its own. Needs root. */
export async function startTinysshd(options: Pick<UserOptions, 'shell' | 'startup'> = {}): Promise<Server> {
  const tinysshd = await findProgram('tinysshd', 'tinysshd');
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory('tinysshd'));
  const user = stack.use(await createUser(options));
  const keys = join(path, 'keys');
  await run(await findProgram('tinysshd-makekey', 'tinysshd'), ['-q', keys]);
  const printed = await run(await findProgram('tinysshd-printkey', 'tinysshd'), [keys]);
  const hostKey = withoutComment(/^ssh-ed25519 .*$/m.exec(printed)?.[0] ?? '');
  const key = await generateKey(join(path, 'user_key'));
  await authorize(user, key);
  const root = await makeRoot(path, user);
  let log = '';
  const pids = new Set<number>();
  const listener = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    const child = spawn(tinysshd, ['-v', keys], { stdio: [socket, socket, 'pipe'], env: connectionOf(socket) });
    const { pid } = child;
    if (pid !== undefined) {
      pids.add(pid);
      child.once('exit', () => pids.delete(pid));
    }
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    child.once('spawn', () => socket.destroy()); // The child has its own copy of the descriptor.
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const port = portOf(listener);
  const forget = atExit(() => [undefined, ...pids].forEach((pid) => killOnce(pid, port)));
  stack.defer(async () => {
    listener.close();
    for (const pid of [undefined, ...pids]) await killServer(pid, port);
    forget();
  });
  const facts = { port, root, key, user: user.name, log: () => log };
  return describeServer({ ...facts, hostKeys: [hostKey], fingerprint: fingerprintOf(hostKey) }, stack.move());
}

/** What a tcpserver sets, and from which TinySSH makes `SSH_CONNECTION`. */
function connectionOf(socket: Socket): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    TCPREMOTEIP: socket.remoteAddress,
    TCPREMOTEPORT: String(socket.remotePort),
    TCPLOCALIP: socket.localAddress,
    TCPLOCALPORT: String(socket.localPort),
  };
}
