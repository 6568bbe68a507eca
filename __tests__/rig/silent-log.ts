import type { RunLog } from '../../src/log.ts';

const nothing = (): void => undefined;

/** A log for tests that look elsewhere. */
export const silentLog: RunLog = {
  debug: nothing,
  info: nothing,
  notice: nothing,
  warning: nothing,
  error: nothing,
  output: () => undefined,
  step: nothing,
  group: () => ({ end: nothing }),
};
