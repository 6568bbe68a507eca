import { mark } from './told.ts';

/** A program that prints no line break for this long gets one from us, so that memory stays bounded. */
const longestLine = 65_536;

// The runner compares by the rules of a culture, where control characters, zero-width ones and marks count for nothing.
const ignored = '[\\p{C}\\p{M}\\p{Default_Ignorable_Code_Point}]*';
const oldCommand = new RegExp(`#(?=${ignored}#${ignored}\\[)`, 'gu');
const newCommand = new RegExp(`^[\\s\\p{C}\\p{M}\\p{Default_Ignorable_Code_Point}]*:${ignored}:`, 'u');

/**
 * The line in a form that the runner cannot take for a workflow command, whoever wrote it. The runner knows two
 * kinds: `::name::` at a line's start, and an old `##[name]`, which it finds anywhere in a line (ActionCommand.cs).
 */
export function harmless(line: string): string {
  const broken = line.replace(oldCommand, '# ');
  return newCommand.test(broken) ? `│ ${broken}` : broken;
}

/**
 * What programs print, cut into lines that are marked as theirs and can never act as a workflow command. A prefix was
 * chosen over `::stop-commands::`: it also tells the reader whose words these are, it needs no token, it cannot stop
 * the commands of what runs at the same time, and it holds when the run dies half-way.
 */
export class OutputLines {
  readonly #write: (line: string) => void;
  #pending = '';

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Takes text in pieces of any size. CR, LF and CRLF end a line, as they do for the runner. */
  add(text: string): void {
    // A CR at the very end may be half of a CRLF: it waits for what follows.
    const lines = (this.#pending + text).split(/\r\n|\n|\r(?!$)/);
    this.#pending = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    if (this.#pending.length > longestLine) this.flush();
  }

  /** Writes what has no line break yet. */
  flush(): void {
    if (this.#pending === '') return;
    const line = this.#pending.replace(/\r$/, '');
    this.#pending = '';
    this.#line(line);
  }

  #line(line: string): void {
    this.#write(harmless(`${mark}${line}`));
  }
}
