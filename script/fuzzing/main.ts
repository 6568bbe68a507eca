/**
 * `script/fuzz`: gives every reader of outside input what nobody means. A worker reads, and this process watches it: an
 * input over which it stays longer than the limit is a hang. Ends at the first thing that is neither success nor a
 * coded error, and prints the input and how to have it again.
 */
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';

/** What the worker says of where it is. */
export interface Place {
  readonly subject: string;
  readonly seed: number;
  readonly count: number;
}

/** Milliseconds of work for one input: on a machine that does much else, they may take minutes. */
const limit = 20_000;
/** Milliseconds after which what does no work at all is a hang too. */
const longest = 600_000;
const { MINUTES = '10', SEED = String(Date.now() % 1_000_000), ONLY = '' } = process.env;
const started = performance.now();

const worker = new Worker(new URL('worker.ts', import.meta.url), {
  workerData: { seconds: Number(MINUTES) * 60, seed: Number(SEED), only: ONLY },
});
let last = performance.now();
let worked = process.cpuUsage();
let place: Place = { subject: 'none', seed: 0, count: 0 };
worker.on('message', (said: Place) => {
  last = performance.now();
  worked = process.cpuUsage();
  place = said;
});
const watch = setInterval(() => {
  const { user, system } = process.cpuUsage(worked);
  if ((user + system) / 1_000 < limit && performance.now() - last < longest) return;
  console.error(`A hang in ${place.subject}, soon after: SEED=${place.seed} ONLY=${place.subject} script/fuzz`);
  process.exit(1);
}, 1_000);
worker.on('error', (error: unknown) => {
  console.error(
    `${error instanceof Error ? error.message : String(error)}\nin ${place.subject}; to have it again: SEED=${place.seed} ONLY=${place.subject} script/fuzz`,
  );
  process.exit(1);
});
await once(worker, 'exit');
clearInterval(watch);
const seconds = Math.round((performance.now() - started) / 1_000);
console.log(
  `${place.count} inputs in ${seconds} s, seed ${SEED}: no crash, no hang, nothing but success or a coded error.`,
);
