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

  add(bytes: Buffer): void {
    const text = this.#decoder.write(bytes);
    if (this.#prefix === '') {
      this.#log.output(text);
      return;
    }
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#log.output(`${this.#prefix}${line}\n`);
  }

  end(): void {
    if (this.#rest !== '') this.#log.output(`${this.#prefix}${this.#rest}\n`);
    this.#rest = '';
  }
}
