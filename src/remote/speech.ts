import type { Writable } from 'node:stream';

/** What the runner says to a target's script, line by line; held until the script can listen. */
export class Speech {
  readonly #held: string[] = [];
  #stdin: Writable | undefined;
  #beat: NodeJS.Timeout | undefined;

  /** Whether the script listens. */
  get isHeard(): boolean {
    return this.#stdin !== undefined;
  }

  /** From now on the script listens: it hears this first, then all that was held, and a beat each so many milliseconds. */
  begin(stdin: Writable, first: readonly string[], beat: number): void {
    this.#stdin = stdin;
    this.#beat = setInterval(() => this.say('b'), beat);
    for (const line of [...first, ...this.#held.splice(0)]) this.say(line);
  }

  say(line: string): void {
    if (this.#stdin === undefined) this.#held.push(line);
    else if (this.#stdin.writable) this.#stdin.write(`${line}\n`);
  }

  /** Beats no more. */
  stopBeating(): void {
    clearInterval(this.#beat);
  }

  /** There is nothing more to say. */
  end(): void {
    this.stopBeating();
    if (this.#stdin?.writable === true) this.#stdin.end();
  }
}
