import type { AnnotationProperties } from '@actions/core';
import { type Position, ShipperError } from '../errors.ts';
import type { ActionsCore } from './core.ts';
import type { Group } from '../log.ts';
import { type Clock, type FaceLog, origin, timed } from './face-log.ts';
import { OutputLines, harmless } from './output-lines.ts';
import { roomIn } from './drain.ts';

type Kind = 'notice' | 'warning' | 'error';

/** The runner shows no more annotations of one kind from one step. */
const mostAnnotations = 10;

/** The log in the form that the runner of GitHub Actions understands: groups, annotations, debug lines. */
export class ActionsLog implements FaceLog {
  readonly #core: ActionsCore;
  readonly #now: Clock;
  readonly #output: OutputLines;
  readonly #annotations = { notice: 0, warning: 0, error: 0 };
  #group: Group | undefined;

  constructor(core: ActionsCore, now: Clock) {
    this.#core = core;
    this.#now = now;
    this.#output = new OutputLines((line) => core.info(line));
  }

  debug(message: string): void {
    this.#output.flush();
    this.#core.debug(message);
  }

  info(message: string): void {
    this.#output.flush();
    for (const line of message.split(/\r\n|\r|\n/)) this.#core.info(harmless(line));
  }

  notice(message: string): void {
    this.#annotate('notice', message, {});
  }

  warning(message: string): void {
    this.#annotate('warning', message, {});
  }

  error(message: string): void {
    this.#annotate('error', message, {});
  }

  output(text: string): Promise<void> | undefined {
    this.#output.add(text);
    return roomIn(process.stdout);
  }

  group(title: string): Group {
    this.#group?.end();
    this.#output.flush();
    this.#core.startGroup(title);
    const start = this.#now();
    const group: Group = {
      end: (outcome = 'done') => {
        if (this.#group !== group) return;
        this.#group = undefined;
        this.#output.flush();
        this.#core.endGroup();
        this.info(`${outcome === 'done' ? '✓' : '✗'} ${timed(title, this.#now() - start)}`);
      },
    };
    this.#group = group;
    return group;
  }

  step(name: string, milliseconds: number, note = ''): void {
    this.info(`  ${timed(name, milliseconds)}${note === '' ? '' : `  ${note}`}`);
  }

  fail(error: unknown): void {
    this.#group?.end('failed'); // In a folded group the reader would not see it.
    if (!(error instanceof ShipperError)) {
      this.#annotate(
        'error',
        error instanceof Error ? (error.stack ?? error.message) : String(error),
        titled('INTERNAL'),
      );
      return;
    }
    for (const { message, at } of error.problems) {
      this.#annotate('error', message, { ...titled(error.code), ...placed(at) });
    }
    if (error.cause instanceof Error) this.debug(origin(error.cause));
  }

  close(): void {
    this.#group?.end();
    this.#output.flush();
  }

  #annotate(kind: Kind, message: string, properties: AnnotationProperties): void {
    this.#output.flush();
    this.#annotations[kind] += 1;
    if (this.#annotations[kind] <= mostAnnotations) {
      this.#core[kind](message, properties);
    } else {
      const { file, startLine, startColumn } = properties;
      this.info(`${kind}: ${file === undefined ? '' : `${file}:${startLine ?? 1}:${startColumn ?? 1}: `}${message}`);
    }
  }
}

const titled = (code: string): AnnotationProperties => ({ title: `Shipper: ${code}` });

/** The runner drops a column unless the annotation ends on the line where it begins. */
const placed = (at: Position | undefined): AnnotationProperties =>
  at === undefined ? {} : { file: at.file, startLine: at.line, endLine: at.line, startColumn: at.column };
