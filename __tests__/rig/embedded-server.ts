import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import ssh2, { type AuthContext, type ServerChannel } from 'ssh2';
import { writeStrings } from '../../src/ssh/public-key.ts';
import { startSshServer, type SshServer } from './ssh-server.ts';

/** An SSH server in this process that lets one key in and runs what it is asked to on this machine. */
export interface EmbeddedServer extends SshServer {
  readonly user: string;
  /** The private key that is let in. */
  readonly keyText: string;
}

/**
 * Starts one on a free port of 127.0.0.1. Commands run under `sh` in `directory`, which is also their home, each as
 * the leader of a session of its own, with nothing of this process's environment but PATH.
 */
export async function startEmbeddedServer(directory: string): Promise<EmbeddedServer> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = writeStrings('ssh-ed25519', Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
  const running = new Set<ChildProcess>();
  const user = 'deploy';
  const server = await startSshServer({
    authenticate: (context) => letIn(context, user, publicKey),
    exec: (channel, command) => execute(channel, command, directory, running),
  });
  return {
    ...server,
    user,
    keyText: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    async [Symbol.asyncDispose]() {
      for (const child of running) killSession(child);
      await server[Symbol.asyncDispose]();
    },
  };
}

function letIn(context: AuthContext, user: string, publicKey: Buffer): void {
  if (context.username !== user || context.method !== 'publickey' || !context.key.data.equals(publicKey)) {
    context.reject(['publickey']);
    return;
  }
  const { blob, signature } = context;
  // Without a signature, the client only asks whether the key would do.
  if (blob === undefined || signature === undefined || isSigned(publicKey, blob, signature)) context.accept();
  else context.reject(['publickey']);
}

function isSigned(publicKey: Buffer, blob: Buffer, signature: Buffer): boolean {
  const key = ssh2.utils.parseKey(`ssh-ed25519 ${publicKey.toString('base64')}`);
  return !(key instanceof Error) && key.verify(blob, signature);
}

/** As sshd does it: the exit status goes out when the shell ends, the channel closes when nothing holds its output. */
export function execute(channel: ServerChannel, command: string, directory: string, running: Set<ChildProcess>): void {
  const child = spawn('sh', ['-c', command], {
    cwd: directory,
    detached: true,
    env: { PATH: process.env['PATH'], HOME: directory, SHELL: '/bin/sh', USER: 'deploy', LOGNAME: 'deploy' },
  });
  running.add(child);
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined); // It need not read what it is sent.
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.once('exit', (code, signal) => (code === null ? channel.exit(signal ?? 'SIGKILL') : channel.exit(code)));
  child.once('close', () => {
    running.delete(child);
    channel.end();
  });
  channel.once('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
}

function killSession({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    return; // It has ended in the meantime.
  }
}
