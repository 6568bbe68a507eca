import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Lane, type LaneRules } from './lane.ts';
import { portOf } from './server.ts';

/** `up` is towards the server. */
export type Direction = 'up' | 'down';

/** `cut` closes, `reset` closes with a TCP reset, `stall` keeps everything open and lets nothing pass. */
export type Fault = 'cut' | 'reset' | 'stall';

interface Limit {
  left: number;
  readonly reached: () => void;
}

/** A TCP relay on loopback in front of a server: the network, and what goes wrong with it. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Milliseconds added to a round trip, half of it each way; may be changed at any time. */
  delay: number;
  /** Whether new connections are met by a reset; may be changed at any time. */
  refusing: boolean;
  /** Bytes that have passed, over all connections. */
  readonly bytes: Readonly<Record<Direction, number>>;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Does it to every open connection now; a stall holds for new ones too, until `resume`. */
  fail(fault: Fault): void;
  /** Does it once exactly that many more bytes have passed in that direction, and resolves then. */
  failAfter(direction: Direction, bytes: number, fault: Fault): Promise<void>;
  /** Ends a stall: what was held back passes. */
  resume(): void;
}

/**
 * Node 24 fails to reset a socket whose end waits to be written (EINVAL of `uv_tcp_close_reset`): it leaves the socket
 * open, and the process then spins at its exit.
 */
function reset(socket: Socket): void {
  if (socket.writableLength > 0 || (socket.writableEnded && !socket.writableFinished)) socket.destroy();
  else socket.resetAndDestroy();
}

/** Listens on one port of every host, which are addresses of loopback. */
export async function startRelay(port: number, delay = 0, hosts: readonly string[] = ['127.0.0.1']): Promise<Relay> {
  const bytes = { up: 0, down: 0 };
  const limits: Partial<Record<Direction, Limit>> = {};
  const sockets = new Map<Socket, Lane>();
  let stalled = false;
  let connections = 0;

  const rules = (direction: Direction): LaneRules => ({
    delay: () => relay.delay / 2,
    blocked: () => stalled || limits[direction]?.left === 0,
    admit: (length) => {
      const limit = limits[direction];
      const admitted = Math.min(length, limit?.left ?? length);
      if (limit !== undefined) limit.left -= admitted;
      return admitted;
    },
    passed: (length) => {
      bytes[direction] += length;
      if (limits[direction]?.left === 0) limits[direction].reached();
    },
  });

  const accept = (client: Socket): void => {
    connections += 1;
    if (relay.refusing) {
      reset(client.on('error', () => undefined));
      return;
    }
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    join(client, server, 'up');
    join(server, client, 'down');
  };
  const listeners: Server[] = [];
  for (const host of hosts) {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    await once(listener.listen(listeners.map(portOf)[0] ?? 0, host), 'listening');
    listeners.push(listener);
  }

  function join(from: Socket, to: Socket, direction: Direction): void {
    const lane = new Lane(from, to, rules(direction));
    sockets.set(from, lane);
    // An error on one side reaches the other as a reset; `close` follows every error.
    from.on('error', () => reset(to));
    from.on('close', () => sockets.delete(from));
  }

  const relay: Relay = {
    port: listeners.map(portOf)[0] ?? 0,
    delay,
    refusing: false,
    bytes,
    get connections() {
      return connections;
    },
    get open() {
      return Math.ceil(sockets.size / 2);
    },
    fail(fault) {
      if (fault === 'stall') stalled = true;
      if (fault === 'cut') sockets.forEach((_, socket) => socket.destroy());
      if (fault === 'reset') sockets.forEach((_, socket) => reset(socket));
    },
    failAfter: async (direction, count, fault) =>
      new Promise((resolve) => {
        const reached = (): void => {
          Reflect.deleteProperty(limits, direction);
          relay.fail(fault);
          resolve();
        };
        if (count === 0) reached();
        else limits[direction] = { left: count, reached };
      }),
    resume() {
      stalled = false;
      for (const lane of sockets.values()) lane.deliver();
    },
    async [Symbol.asyncDispose]() {
      relay.fail('reset');
      await Promise.all(listeners.map(async (listener) => once(listener.close(), 'close')));
    },
  };
  return relay;
}
