import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './program.ts';

/** How a tool fails: the kernel kills it, as it does where memory runs out, or it gives up without a word. */
export type Fault = 'is killed' | 'gives up';

/** All the tools that a target has: a directory that is its whole PATH. */
export interface Toolbox {
  readonly path: string;
  /** Counts from now on the calls of every tool, or of these. */
  count(tools?: readonly string[]): void;
  /** How often each tool was called since. */
  calls(): ReadonlyMap<string, number>;
  /** Lets a tool fail at this call, the first being 1; all others work. */
  fail(tool: string, call: number, how: Fault): void;
  /** Runs this shell text before each call of a tool, where that is called. */
  before(tool: string, text: string): void;
  /** From here on calls count, and a fault can come; `end` is its opposite. */
  begin(): void;
  end(): void;
  /** Every tool works again. */
  mend(): void;
  /** Takes a tool away. */
  remove(tool: string): void;
}

/** @param programs the tools, and for each the program that it is where that has another name. */
export async function toolbox(directory: string, programs: Readonly<Record<string, string>>): Promise<Toolbox> {
  const path = join(directory, 'tools');
  const real = join(directory, 'real');
  const counts = join(directory, 'counts');
  const begun = join(directory, 'begun');
  mkdirSync(real);
  for (const [tool, program] of Object.entries(programs)) {
    symlinkSync(await findProgram(program, program), join(real, tool));
  }
  const tools = Object.keys(programs);
  const dash = await findProgram('dash', 'dash');
  const end = (): void => rmSync(begun, { force: true });
  const fill = (): void => {
    end();
    for (const place of [path, counts]) rmSync(place, { recursive: true, force: true });
    for (const place of [path, counts]) mkdirSync(place);
    for (const tool of tools) symlinkSync(join(real, tool), join(path, tool));
  };
  // Two calls at once may count as one: then a fault comes a little later than asked for.
  const shim = (tool: string, then: string): void => {
    const counting = `n=0; read -r n 2>/dev/null <${counts}/${tool}; n=$((n + 1)); echo $n >${counts}/${tool}`;
    const text = `#!${dash}\nif [ -e ${begun} ]; then ${counting}\n${then}\nfi\nexec ${real}/${tool} "$@"\n`;
    rmSync(join(path, tool));
    writeFileSync(join(path, tool), text, { mode: 0o755 });
  };
  fill();
  return {
    path,
    count: (counted = tools) => {
      fill();
      for (const tool of counted) shim(tool, '');
    },
    calls: () =>
      new Map(readdirSync(counts).map((tool) => [tool, Number(readFileSync(join(counts, tool), 'utf8'))] as const)),
    fail: (tool, call, how) => {
      fill();
      shim(tool, `[ $n -ne ${call} ] || ${how === 'is killed' ? 'kill -KILL $$' : 'exit 1'}`);
    },
    before: shim,
    begin: () => writeFileSync(begun, ''),
    end,
    mend: fill,
    remove: (tool) => {
      fill();
      rmSync(join(path, tool));
    },
  };
}
