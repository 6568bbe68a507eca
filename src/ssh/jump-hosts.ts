import type { Address } from '../config/config.ts';
import type { Hop } from './connection-types.ts';
import type { Session } from './session.ts';

interface Shared {
  readonly session: Promise<Session>;
  users: number;
}

/**
 * The jump hosts of one run. Targets that go the same way share the connection to each hop on it: sshd drops those of
 * ten or more that have not yet logged in (MaxStartups), and a fleet would come all at once.
 */
export class JumpHosts {
  readonly #shared = new Map<string, Shared>();

  /** The last of these hops, entered by way of those before it; undefined for no hops. Rejects as `open` does. */
  async enter(
    hops: readonly Address[],
    open: (hop: Address, via: Hop | undefined) => Promise<Session>,
  ): Promise<Hop | undefined> {
    const last = hops.at(-1);
    if (last === undefined) return undefined;
    const way = JSON.stringify(hops.map(({ user, host, port }) => [user, host, port]));
    let shared = this.#shared.get(way);
    if (shared === undefined) {
      shared = { session: this.#open(hops.slice(0, -1), last, open), users: 0 };
      this.#shared.set(way, shared);
    }
    return this.#use(way, shared, () => this.#shared.get(way) === shared && this.#shared.delete(way));
  }

  async #open(
    before: readonly Address[],
    hop: Address,
    open: (hop: Address, via: Hop | undefined) => Promise<Session>,
  ): Promise<Session> {
    const via = await this.enter(before, open);
    try {
      return await open(hop, via);
    } catch (error) {
      via?.end();
      throw error;
    }
  }

  async #use(way: string, shared: Shared, forget: () => void): Promise<Hop> {
    shared.users += 1;
    let session: Session;
    try {
      session = await shared.session;
    } catch (error) {
      forget();
      throw error;
    }
    void session.lost.then(forget);
    let ended = false;
    return {
      way,
      forward: async (address, target, stop) => session.forward(address, target, stop),
      get loss() {
        return session.loss;
      },
      distrust: forget,
      end: () => {
        if (ended) return;
        ended = true;
        shared.users -= 1;
        if (shared.users > 0) return;
        forget();
        session.end();
      },
    };
  }
}
