import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from './server.ts';

/** Milliseconds of silence after which both ends count as having said all that they can say without an answer. */
const silence = 150;

/** Bytes up to which a message asks for no answer, once the script is there: a beat, or more room in a window. */
const aside = 64;
/** Bytes that only the script has. */
const script = 4_000;

/** A TCP relay that counts round trips, whatever time they take. */
export interface TripCounter extends AsyncDisposable {
  readonly port: number;
  /** Round trips after which the client had last heard something, in the latest connection; without TCP's own. */
  readonly trips: number;
  /** The same of all connections so far together: of tools that open one after the other. */
  readonly total: number;
  /** Connections so far. */
  readonly connections: number;
}

/** One end, and what it said that is on its way to the other. */
interface End {
  readonly socket: Socket;
  /** Round trips that what it has heard stands for: half of one more than what the other end had heard when it said it. */
  heard: number;
  said: Buffer[];
  ended: boolean;
  /** Whether it has sent the script. */
  hasSpoken: boolean;
}

/**
 * Starts one in front of a server. What both ends say is kept until neither says anything more, and is then handed over
 * at once: on a slow machine this may part what belongs together, so that there seem to be more trips, never fewer.
 */
export async function startTripCounter(port: number): Promise<TripCounter> {
  let latest: End | undefined;
  const clients: End[] = [];
  const sockets = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (incoming) => {
    const client = toEnd(incoming);
    const server = toEnd(connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }));
    latest = client;
    clients.push(client);
    sockets.add(client.socket).add(server.socket);
    const timer = setTimeout(() => exchange(client, server), silence);
    for (const end of [client, server]) {
      end.socket.on('data', (data: Buffer) => {
        end.said.push(data);
        timer.refresh();
      });
      end.socket.on('end', () => {
        end.ended = true;
        timer.refresh();
      });
      end.socket.on('error', () => undefined);
      end.socket.on('close', () => (end === client ? server : client).socket.end());
    }
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: portOf(listener),
    get trips() {
      return latest?.heard ?? 0;
    },
    get total() {
      return clients.reduce((sum, { heard }) => sum + heard, 0);
    },
    get connections() {
      return clients.length;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

function toEnd(socket: Socket): End {
  return { socket, heard: 0, said: [], ended: false, hasSpoken: false };
}

function exchange(client: End, server: End): void {
  const [atClient, atServer] = [client.heard, server.heard];
  handOver(client, server, atClient);
  handOver(server, client, atServer);
}

function handOver(from: End, to: End, heardBySender: number): void {
  const { said } = from;
  from.said = [];
  if (said.length > 0) {
    const bytes = Buffer.concat(said);
    from.hasSpoken ||= bytes.length > script;
    if (bytes.length > aside || !from.hasSpoken) to.heard = Math.max(to.heard, heardBySender + 0.5);
    to.socket.write(bytes);
  }
  if (from.ended) to.socket.end();
}

/** The fewest round trips that `work` took in some tries; it stops early at the number that is hoped for. */
export async function fewestTrips(
  counter: TripCounter,
  work: () => Promise<unknown>,
  hoped: number,
  tries = 5,
): Promise<number> {
  let fewest = Infinity;
  for (let done = 0; done < tries && fewest > hoped; done += 1) {
    await work();
    fewest = Math.min(fewest, counter.trips);
  }
  return fewest;
}
