import { StringDecoder } from 'node:string_decoder';
import type { Log } from '../log.ts';
import { visible } from '../visible.ts';

/** A command that prints no line break for so many characters gets one from us, so that memory stays bounded. */
const longestLine = 65_536;

/**
 * Passes on to the log what a target prints, made visible; with a prefix only in whole lines, so that several targets
 * can speak at once.
 */
export class TargetLines {
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
    // A CR at the very end may be half of a CRLF: it waits for what follows.
    const [first = '', ...more] = text.split(/\r\n|\n|\r(?!$)/);
    const lines = [this.#rest + first, ...more];
    const last = lines.pop() ?? '';
    this.#rest = last.length > longestLine ? '' : last;
    if (last.length > longestLine) lines.push(last);
    return lines.length === 0 ? undefined : this.#tell(lines);
  }

  end(): void {
    if (this.#rest !== '') void this.#tell([this.#rest.replace(/\r$/, '')]);
    this.#rest = '';
  }

  #tell(lines: readonly string[]): Promise<void> | undefined {
    return this.#log.output(lines.map((line) => `${this.#prefix}${visible(line)}\n`).join(''));
  }
}
