/** Where a run tells what it does. Passed as a value, so that nothing below `action/` prints. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  notice(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  /** What a program printed, passed on as it comes; can never act as a workflow command. */
  output(text: string): void;
}
