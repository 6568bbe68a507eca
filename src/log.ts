/** Where a run tells what it does. Passed as a value, so that nothing below `action/` prints. */
export interface Log {
  debug(message: string): void;
  /** `worth`: whether it also belongs on the page of the run. */
  info(message: string, worth?: 'summary'): void;
  notice(message: string): void;
  /** `target`: its name, where it is about one; of warnings that differ in nothing else, one becomes an annotation. */
  warning(message: string, target?: string): void;
  error(message: string): void;
  /**
   * What a program printed, passed on as it comes; can never act as a workflow command. Resolves when there is room for
   * more: whoever reads faster than the log is read has to wait for it.
   */
  output(text: string): Promise<void> | undefined;
}

/** A titled part of the log. */
export interface Group {
  /** Ends the group with a line that tells how long it took. Further calls do nothing. */
  end(outcome?: 'done' | 'failed'): void;
}

/** The log of a run: parts with titles, and steps with their durations. */
export interface RunLog extends Log {
  /** Groups do not nest: opening one ends the one before. */
  group(title: string): Group;
  /** One line for a step that was taken, with a note at its end. */
  step(name: string, milliseconds: number, note?: string): void;
}
