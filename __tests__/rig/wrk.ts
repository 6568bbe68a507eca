import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from './program.ts';
import { temporaryDirectory } from './temporary.ts';
import { watch } from './watched.ts';

export interface Load {
  readonly requests: number;
  /** Answers with another status than 200 or another body. */
  readonly wrong: number;
  /** Requests without an answer. */
  readonly unanswered: number;
}

const script = (body: string): string => `
  local threads = {}
  function setup(thread) table.insert(threads, thread) end
  function init() wrong = 0 end
  function response(status, headers, body)
    if status ~= 200 or body ~= ${JSON.stringify(body)} then wrong = wrong + 1 end
  end
  function done(summary)
    local total = 0
    for _, thread in ipairs(threads) do total = total + thread:get("wrong") end
    local errors = summary.errors
    io.write(string.format('{"requests":%d,"wrong":%d,"unanswered":%d}\\n', summary.requests, total,
      errors.connect + errors.read + errors.write + errors.timeout))
  end`;

/** wrk at full speed over eight connections while the work is done; every answer is looked at. */
export async function underLoad(url: string, body: string, work: () => Promise<void>): Promise<Load> {
  const wrk = await findProgram('wrk', 'wrk');
  await using directory = await temporaryDirectory('wrk');
  const file = join(directory.path, 'check.lua');
  await writeFile(file, script(body));
  const child = spawn(wrk, ['-t1', '-c8', '-d300s', '-s', file, url], { stdio: ['ignore', 'pipe', 'pipe'] });
  const { ended, lines } = watch(child);
  try {
    await work();
  } finally {
    child.kill('SIGINT');
    await ended;
  }
  const tally = lines.find((line) => line.startsWith('{'));
  if (tally === undefined) throw new Error(`wrk gave no figures:\n${lines.join('\n')}`);
  return JSON.parse(tally) as Load;
}
