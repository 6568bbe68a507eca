import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { portOf } from '../rig/server.ts';

/** A listener on a free port of 127.0.0.1 that speaks no SSH by itself. */
export interface TcpServer extends AsyncDisposable {
  readonly port: number;
  /** How many connections there were. */
  readonly count: () => number;
  /** Every socket so far, and what the welcome adds: all are closed at the end. */
  readonly sockets: readonly Socket[];
}

export async function listen(welcome: (socket: Socket, sockets: Socket[]) => void): Promise<TcpServer> {
  const sockets: Socket[] = [];
  let count = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    count += 1;
    sockets.push(socket.on('error', () => undefined));
    welcome(socket, sockets);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    count: () => count,
    sockets,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
