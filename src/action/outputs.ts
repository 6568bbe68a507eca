import { appendFileSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import type { ActionsCore } from './core.ts';

/** Every output of the action and what action.yml says of it. */
export const outputTable = {
  revision: 'Name of the revision that this run made or switched to',
  'revision-path': 'Absolute path of that revision on the target (the first, where there are several)',
  'previous-revision': 'Name of the revision that was active before',
  'active-revision': 'Name of the revision that is active now',
  purged: 'JSON array of the names of the revisions that were removed',
  plan: 'Path on the runner of a text file with the whole plan; in dry runs alone',
  result: 'JSON of the whole run: command, status, and for each target its status, revisions, steps and error',
} as const;

export type OutputName = keyof typeof outputTable;
export type Outputs = Partial<Readonly<Record<OutputName, string>>>;

/** The runner drops a step's whole summary above this. */
const summaryLimit = 1024 * 1024;
const cut = '\n\n_The rest is left out: a job summary holds 1 MiB._\n';

/**
 * Writes one output of the step. Where that is impossible (a full disk on the runner) it warns: by now the targets
 * have been changed, and failing would misinform.
 */
export function setOutput(core: ActionsCore, log: Log, name: string, value: string): void {
  try {
    core.setOutput(name, value);
  } catch (error) {
    log.warning(`The output ${name} could not be written: ${reason(error)}`);
  }
}

/** Writes the plan of a dry run into a new file below that directory, and gives its path; undefined where it cannot be. */
export function writePlan(directory: string, text: string, log: Log): string | undefined {
  try {
    const path = join(mkdtempSync(join(directory, 'shipper-plan-')), 'plan.txt');
    writeFileSync(path, text);
    return path;
  } catch (error) {
    log.warning(`The plan could not be written to a file: ${reason(error)}`);
    return undefined;
  }
}

/**
 * Appends Markdown to the job summary in `file`; nothing where the runner offers none. From what would pass the limit
 * on, all is left out, with a line that says so. Written here and not by core.summary, whose buffer doubles what two
 * callers add at once.
 */
export function openSummary(file: string | undefined, log: Log): (markdown: string) => void {
  let full = file === undefined || file === '';
  return (markdown) => {
    if (file === undefined || full) return;
    try {
      const used = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      const text = `${markdown}\n`;
      full = used + Buffer.byteLength(text) + cut.length > summaryLimit;
      if (full) log.warning('The job summary is full (1 MiB); the rest is left out.');
      if (!full || used + cut.length <= summaryLimit) appendFileSync(file, full ? cut : text);
    } catch (error) {
      log.warning(`The job summary could not be written: ${reason(error)}`);
    }
  };
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
