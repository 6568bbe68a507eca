import { constants } from 'node:os';

const pending = new Set<() => void>();

process.once('exit', () => [...pending].reverse().forEach((task) => task()));
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
  });
}

/**
 * Has a synchronous task done when this process exits, by a signal too (other than SIGKILL), newest first. Returns
 * what takes it back, for whoever has cleaned up before.
 */
export function atExit(task: () => void): () => void {
  pending.add(task);
  return () => pending.delete(task);
}
