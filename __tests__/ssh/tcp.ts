import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from '../rig/server.ts';

/** A listener on a free port of 127.0.0.1 that speaks no SSH by itself. */
export interface TcpServer extends AsyncDisposable {
  readonly port: number;
  /** How many connections there were. */
  readonly count: () => number;
  /** Every socket so far, of both sides for a relay. */
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

/** A network before a server, which can go silent: it takes everything and passes nothing on. */
export async function relayTo(port: number): Promise<TcpServer & { silence(): void; cut(): void }> {
  let silent = false;
  const relay = await listen((near, sockets) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => undefined);
    sockets.push(far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => silent || to.write(data));
      from.on('close', () => silent || to.destroy());
    }
  });
  return {
    ...relay,
    silence: () => (silent = true),
    cut: () => relay.sockets.forEach((socket) => socket.resetAndDestroy()),
  };
}
