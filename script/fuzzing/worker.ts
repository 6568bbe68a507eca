import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { ShipperError } from '../../src/errors.ts';
import { changed, randomFrom } from './inputs.ts';
import type { Place } from './main.ts';
import { type Subject, subjects } from './subjects.ts';

const { seconds, seed, only } = workerData as {
  readonly seconds: number;
  readonly seed: number;
  readonly only: string;
};

/** Inputs for one subject in a row, from one seed. */
const batch = 100;

async function tried(subject: Subject, input: string): Promise<void> {
  try {
    await subject.read(input);
  } catch (error) {
    if (error instanceof ShipperError) return;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`${what}\nfor the input ${JSON.stringify(input.slice(0, 2_000))}`, { cause: error });
  }
}

const workspace = mkdtempSync(join(tmpdir(), 'shipper-fuzz-'));
try {
  const all = Object.entries(subjects(workspace)).filter(([name]) => only === '' || name === only);
  let count = 0;
  const tell = (subject: string, at: number): void =>
    parentPort?.postMessage({ subject, seed: at, count } satisfies Place);
  for (const [name, subject] of all) {
    for (const input of [...subject.worst, ...subject.samples, '']) {
      tell(name, seed);
      await tried(subject, input);
      count += 1;
    }
  }
  const end = performance.now() + seconds * 1_000;
  for (let round = seed; performance.now() < end; round += 1) {
    for (const [name, subject] of all) {
      tell(name, round);
      const random = randomFrom(round * 7919 + 1);
      for (let each = 0; each < batch; each += 1) await tried(subject, changed(subject.samples, random));
      count += batch;
    }
  }
  tell('none', seed);
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
