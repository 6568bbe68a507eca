/**
 * `script/bench fleet`: whole deploys of fleets on addresses of loopback, in waves of a quarter: what each takes of time, of
 * the runner's processor and of its memory. The targets are on this machine too, so their own work is in the time, and
 * not in the rest.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { runAction } from '../../__tests__/rig/action.ts';
import { startFleetServer } from '../../__tests__/rig/fleet-server.ts';
import { temporaryDirectory } from '../../__tests__/rig/temporary.ts';

const sizes = (process.env['SIZES'] ?? '1,100,300').split(',').map(Number);
/** Milliseconds. */
const delay = Number(process.env['DELAY'] ?? 50);
const rounds = Number(process.env['ROUNDS'] ?? 3);

/** What one run took; processor and memory are those of the runner's process alone. */
interface Used {
  readonly seconds: number;
  /** Milliseconds. */
  readonly processor: number;
  readonly megabytes: number;
}

await using directory = await temporaryDirectory('bench');
await using fleet = await startFleetServer(Math.max(...sizes), delay);
const used = join(directory.path, 'used');
const meter = join(directory.path, 'meter.cjs');
const tell = `require('node:fs').writeFileSync(${JSON.stringify(used)}, JSON.stringify(process.resourceUsage()))`;
writeFileSync(meter, `process.on('exit', () => ${tell});\n`);

async function measured(size: number): Promise<Used> {
  await using workspace = await fleet.workspace(size, { waves: { sizes: ['25%'] } });
  const done = await runAction({
    cwd: workspace.path,
    inputs: fleet.inputs,
    env: { NODE_OPTIONS: `--require=${meter}` },
  });
  if (done.code !== 0) throw new Error(done.lines.join('\n'));
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(used, 'utf8')) as NodeJS.ResourceUsage;
  return {
    seconds: done.milliseconds / 1000,
    processor: (userCPUTime + systemCPUTime) / 1000,
    megabytes: maxRSS / 1024,
  };
}

/** The least of each, over all rounds. */
function least(all: readonly Used[]): Used {
  const of = (part: keyof Used): number => Math.min(...all.map((each) => each[part]));
  return { seconds: of('seconds'), processor: of('processor'), megabytes: of('megabytes') };
}

const machine = `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1) ?? ''} before`;
console.log(`Whole deploys in four waves, RTT ${delay} ms; ${machine}; the best of ${rounds}\n`);
console.log('| targets | time | processor | a target more | memory | a target more |');
console.log('| ------- | ---- | --------- | ------------- | ------ | ------------- |');
const taken = new Map<number, Used[]>(sizes.map((size) => [size, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const size of sizes) taken.get(size)?.push(await measured(size));
}
const [fewest = 1] = sizes;
const base = least(taken.get(fewest) ?? []);
for (const size of sizes) {
  const { seconds, processor, megabytes } = least(taken.get(size) ?? []);
  const more = (all: number, one: number): string =>
    size === fewest ? '' : ((all - one) / (size - fewest)).toFixed(2);
  console.log(
    `| ${size} | ${seconds.toFixed(2)} s, ${(seconds / base.seconds).toFixed(1)} times | ${processor.toFixed(0)} ms ` +
      `| ${more(processor, base.processor)} ms | ${megabytes.toFixed(0)} MB | ${more(megabytes, base.megabytes)} MB |`,
  );
}
