import { StringDecoder } from 'node:string_decoder';
import type { Log } from '../log.ts';

/** Passes output on to the log; with a prefix only in whole lines, so that several targets can speak at once. */
export class PrefixedLines {
  readonly #prefix: string;
  readonly #log: Log;
  readonly #decoder = new StringDecoder();
  #rest = '';

  constructor(prefix: string, log: Log) {
    this.#prefix = prefix;
    this.#log = log;
  }

  /** Resolves when there is room for more. */
  add(bytes: Buffer): Promise<void> | undefined {
    const text = this.#decoder.write(bytes);
    if (this.#prefix === '') return this.#log.output(text);
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return this.#log.output(lines.map((line) => `${this.#prefix}${line}\n`).join(''));
  }

  end(): void {
    if (this.#rest !== '') void this.#log.output(`${this.#prefix}${this.#rest}\n`);
    this.#rest = '';
  }
}
