import { styleText } from 'node:util';
import { type Position, ShipperError } from '../errors.ts';
import type { Group } from '../log.ts';
import { type Clock, type FaceLog, origin, timed } from './face-log.ts';
import { OutputLines, harmless } from './output-lines.ts';
import { toldLines } from './told.ts';
import { roomIn } from './drain.ts';

type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

/**
 * The log for a person at a terminal: what is said on stdout, warnings and errors on stderr. Colours only where the
 * stream is a terminal and NO_COLOR is not set. Lines are made harmless here too: a `run:` step of a workflow is a
 * terminal like any other.
 */
export class TerminalLog implements FaceLog {
  readonly #now: Clock;
  readonly #verbose: boolean;
  readonly #output = new OutputLines((line) => process.stdout.write(`${line}\n`));
  #group: Group | undefined;

  constructor(now: Clock, options: { readonly verbose: boolean }) {
    this.#now = now;
    this.#verbose = options.verbose;
  }

  debug(message: string): void {
    if (this.#verbose) this.#say(process.stdout, message, 'dim');
  }

  info(message: string): void {
    this.#say(process.stdout, message);
  }

  notice(message: string): void {
    this.#say(process.stdout, message, 'bold');
  }

  warning(message: string): void {
    this.#say(process.stderr, `warning: ${message}`, 'yellow');
  }

  error(message: string): void {
    this.#say(process.stderr, `error: ${message}`, 'red');
  }

  output(text: string): Promise<void> | undefined {
    this.#output.add(text);
    return roomIn(process.stdout);
  }

  group(title: string): Group {
    this.#group?.end();
    this.#say(process.stdout, title, 'bold');
    const start = this.#now();
    const group: Group = {
      end: (outcome = 'done') => {
        if (this.#group !== group) return;
        this.#group = undefined;
        const [mark, colour] = outcome === 'done' ? (['✓', 'green'] as const) : (['✗', 'red'] as const);
        this.#say(process.stdout, `${mark} ${timed(title, this.#now() - start)}`, colour);
      },
    };
    this.#group = group;
    return group;
  }

  step(name: string, milliseconds: number, note = ''): void {
    this.info(`  ${timed(name, milliseconds)}${note === '' ? '' : `  ${note}`}`);
  }

  fail(error: unknown): void {
    this.#group?.end('failed');
    if (!(error instanceof ShipperError)) {
      this.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return;
    }
    for (const { message, at } of error.problems) this.#say(process.stderr, `${place(at)}${message}`, 'red');
    if (error.cause instanceof Error) this.debug(origin(error.cause));
  }

  close(): void {
    this.#group?.end();
    this.#output.flush();
  }

  #say(stream: NodeJS.WriteStream, message: string, colour?: Colour): void {
    this.#output.flush();
    const lines = toldLines(message).map(harmless);
    const text = lines.map((line) => (colour === undefined ? line : styleText(colour, line, { stream })));
    stream.write(`${text.join('\n')}\n`);
  }
}

const place = (at: Position | undefined): string =>
  at === undefined ? 'error: ' : `${at.file}:${at.line}:${at.column}: `;
