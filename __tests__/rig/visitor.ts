import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { watch } from './watched.ts';

export interface Visits {
  /** `200 body` → how often. */
  readonly answers: Readonly<Record<string, number>>;
  /** What requests without an answer came to → how often. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Visits an address from a machine that sees this repository, over and over, while the work is done. */
export async function visitDuring(machine: Machine, url: string, work: () => Promise<void>): Promise<Visits> {
  const file = join(import.meta.dirname, 'visitor.mjs');
  const child = machine.start(`exec node '${file}' '${url}'`);
  const watched = watch(child);
  await watched.printed(/^visiting$/);
  try {
    await work();
  } finally {
    child.stdin?.end();
    await watched.ended;
  }
  const tally = watched.lines.find((line) => line.startsWith('{'));
  if (tally === undefined) throw new Error(`The visitor has told nothing:\n${watched.lines.join('\n')}`);
  return JSON.parse(tally) as Visits;
}
