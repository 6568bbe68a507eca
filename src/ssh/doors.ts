/** How many may be logging in at one server at once: OpenSSH drops some of those beyond ten (MaxStartups). */
const most = 8;

/** One server, as those of a run see it who log in there. */
export class Door {
  #inside = 0;
  #admitted = 0;
  readonly #waiting: (() => void)[] = [];

  /** How many have logged in so far: who was turned away meanwhile may come again. */
  get admitted(): number {
    return this.#admitted;
  }

  /** Logs in, once fewer than eight others are at it. What comes of it has to be ready when the user is in. */
  async enter<Entered extends { readonly ready: Promise<void> }>(login: () => Promise<Entered>): Promise<Entered> {
    if (this.#inside >= most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside += 1;
    try {
      const entered = await login();
      void entered.ready.then(
        () => this.#leave(true),
        () => this.#leave(false),
      );
      return entered;
    } catch (error) {
      this.#leave(false);
      throw error;
    }
  }

  #leave(isAdmitted: boolean): void {
    if (isAdmitted) this.#admitted += 1;
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside -= 1;
    else next();
  }
}

/** The doors of one run. */
export class Doors {
  readonly #doors = new Map<string, Door>();

  /** The door of a server, by what leads there: all that one proxy command leads to may be behind one server. */
  at(way: readonly unknown[]): Door {
    const name = JSON.stringify(way);
    const door = this.#doors.get(name) ?? new Door();
    this.#doors.set(name, door);
    return door;
  }
}
