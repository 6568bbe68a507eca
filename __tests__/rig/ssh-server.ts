import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import ssh2, { type Algorithms, type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { writeOpenSshEd25519 } from '../../src/ssh/openssh-key.ts';
import { armor } from '../../src/ssh/key-text.ts';
import { fingerprintOf, writeStrings } from '../../src/ssh/public-key.ts';

export interface SshServerOptions {
  /** Answers one request to be let in; default: everybody is. */
  readonly authenticate?: (context: AuthContext) => void;
  /** Runs a program; default: none, it stays silent. */
  readonly exec?: (channel: ServerChannel, command: string, connection: Connection) => void;
  /** Sees each connection as it comes. */
  readonly connected?: (connection: Connection) => void;
  readonly algorithms?: Algorithms;
  readonly banner?: string;
  /** How it identifies itself, after `SSH-2.0-`. */
  readonly ident?: string;
}

/** An SSH server in this process, for faults that have to be placed exactly. */
export interface SshServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly knownHosts: string;
  readonly fingerprint: string;
  /** The methods of all requests to be let in so far. */
  readonly asked: readonly string[];
  /** All connections so far. */
  readonly connections: readonly Connection[];
  /** Resolves when all of them are closed. */
  closed(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1, with an Ed25519 host key. */
export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const hostKey = ed25519();
  const asked: string[] = [];
  const connections: Connection[] = [];
  const closings: Promise<void>[] = [];
  const { algorithms, banner, ident } = options;
  const settings = {
    hostKeys: [hostKey.text],
    ...(algorithms && { algorithms }),
    ...(banner !== undefined && { banner }),
    ...(ident !== undefined && { ident }),
  };
  const server = new ssh2.Server(settings, (connection) => {
    connections.push(connection);
    closings.push(new Promise<void>((resolve) => connection.once('close', () => resolve())));
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      asked.push(context.method);
      if (options.authenticate === undefined) context.accept();
      else options.authenticate(context);
    });
    connection.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => options.exec?.(acceptExec(), command, connection));
    });
    options.connected?.(connection);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    host: '127.0.0.1',
    port,
    knownHosts: `[127.0.0.1]:${String(port)} ssh-ed25519 ${hostKey.blob.toString('base64')}`,
    fingerprint: fingerprintOf(hostKey.blob),
    asked,
    connections,
    closed: async () => Promise.all(closings).then(() => undefined),
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.end();
      server.close();
      await turn();
    },
  };
}

/** ssh2's own generator makes a key that nothing can read, once in 170 times. */
function ed25519(): { readonly text: string; readonly blob: Buffer } {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const base64 = writeOpenSshEd25519(publicKey, Buffer.from(d, 'base64url'));
  const text = armor({ label: 'OPENSSH PRIVATE KEY', headers: [], base64 });
  return { text, blob: writeStrings('ssh-ed25519', publicKey) };
}
