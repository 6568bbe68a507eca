import type { AnnotationProperties } from '@actions/core';
import { type Position, ShipperError } from '../errors.ts';
import type { ActionsCore } from './core.ts';
import type { Group } from '../log.ts';
import { visible } from '../visible.ts';
import { type Clock, type FaceLog, origin, timed } from './face-log.ts';
import { type Kind, Annotations } from './annotations.ts';
import { OutputLines, harmless } from './output-lines.ts';
import { toldLines } from './told.ts';
import { roomIn } from './drain.ts';

/** The log in the form that the runner of GitHub Actions understands: groups, annotations, debug lines. */
export class ActionsLog implements FaceLog {
  readonly #core: ActionsCore;
  readonly #now: Clock;
  readonly #output: OutputLines;
  readonly #annotations: Annotations;
  #group: Group | undefined;

  constructor(core: ActionsCore, now: Clock) {
    this.#core = core;
    this.#now = now;
    this.#output = new OutputLines((line) => core.info(line));
    this.#annotations = new Annotations((kind, message, properties) => {
      this.#output.flush();
      core[kind](message, properties);
    });
  }

  /** The runner hides these lines itself, unless it is to show them; of a large fleet there are thousands. */
  debug(message: string): void {
    if (!this.#core.isDebug()) return;
    this.#output.flush();
    this.#core.debug(toldLines(message).join('\n'));
  }

  info(message: string): void {
    this.#output.flush();
    for (const line of toldLines(message)) this.#core.info(harmless(line));
  }

  notice(message: string): void {
    this.#annotate('notice', message);
  }

  warning(message: string, target?: string): void {
    this.#annotate('warning', message, target);
  }

  error(message: string): void {
    this.#annotate('error', message);
  }

  output(text: string): Promise<void> | undefined {
    this.#output.add(text);
    return roomIn(process.stdout);
  }

  group(title: string): Group {
    this.#group?.end();
    this.#output.flush();
    this.#core.startGroup(visible(title));
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
    const causes = causesOf(error).map(({ message, ...cause }) => ({
      ...cause,
      message: toldLines(message).join('\n'),
    }));
    const shown = this.#annotations.fail(causes);
    for (const { message, properties } of causes.slice(shown)) {
      const { file, startLine = 1, startColumn = 1 } = properties;
      this.info(`error: ${file === undefined ? '' : `${file}:${startLine}:${startColumn}: `}${message}`);
    }
    if (error instanceof ShipperError && error.cause instanceof Error) this.debug(origin(error.cause));
  }

  close(): void {
    this.#group?.end();
    this.#output.flush();
    this.#annotations.close();
  }

  #annotate(kind: Kind, message: string, target?: string): void {
    this.#output.flush();
    const text = toldLines(message).join('\n');
    if (!this.#annotations.add(kind, text, target)) this.info(`${kind}: ${text}`);
  }
}

interface Cause {
  readonly message: string;
  readonly properties: AnnotationProperties;
}

function causesOf(error: unknown): readonly Cause[] {
  if (!(error instanceof ShipperError)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [{ message, properties: titled('INTERNAL') }];
  }
  return error.problems.map(({ message, at }) => ({ message, properties: { ...titled(error.code), ...placed(at) } }));
}

const titled = (code: string): AnnotationProperties => ({ title: `Shipper: ${code}` });

/** The runner drops a column unless the annotation ends on the line where it begins. */
const placed = (at: Position | undefined): AnnotationProperties =>
  at === undefined ? {} : { file: at.file, startLine: at.line, endLine: at.line, startColumn: at.column };
