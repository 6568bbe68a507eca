/** Shipper's whole deploy against other tools' bare uploads, side by side through one relay, over lines of several kinds. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { runAction } from '../../__tests__/rig/action.ts';
import { run } from '../../__tests__/rig/program.ts';
import { startRelay } from '../../__tests__/rig/relay.ts';
import { startSshd } from '../../__tests__/rig/sshd.ts';
import { temporaryDirectory } from '../../__tests__/rig/temporary.ts';
import { createWorkspace } from '../../__tests__/rig/workspace.ts';
import { contenders, type Contender, type Leg, type Way } from './contenders.ts';
import { measureFleet } from './ten-targets.ts';
import { type Line, linesIn, shape } from './line.ts';
import type { Material } from './material.ts';
import { type Measured, type Row, printTables } from './table.ts';

const lines = linesIn(process.env['LINES'] ?? '0,50,50@20');
const rounds = Number(process.env['ROUNDS'] ?? 3);
const material = JSON.parse(process.argv[2] ?? '') as Material;

await run('ip', ['link', 'set', 'lo', 'up']);
await using directory = await temporaryDirectory('bench');
await using server = await startSshd();
await using relay = await startRelay(server.port);
const way: Way = {
  port: relay.port,
  user: server.user,
  keyFile: server.key.file,
  knownHostsFile: join(directory.path, 'known_hosts'),
};
writeFileSync(way.knownHostsFile, `${server.knownHostsAt(relay.port)}\n`);
const config = {
  events: { 'after:create_revision': [{ upload: 'tree' }] },
  config: { base_dir: `${server.root}/shipper`, revisions_to_keep: 1, sync: false },
};
await using workspace = await createWorkspace(config);
const inputs = {
  host: '127.0.0.1',
  port: String(relay.port),
  user: server.user,
  key: server.keyText,
  'known-hosts': server.knownHostsAt(relay.port),
};
const states = ['first', 'changed', 'same', 'renamed'] as const;
type State = (typeof states)[number];

async function measured(work: () => Promise<unknown>): Promise<Measured> {
  const before = { ...relay.bytes };
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  return { seconds, up: relay.bytes.up - before.up, down: relay.bytes.down - before.down };
}

/** One tool through all states, each upload the next one's `previous`. */
async function measureContender(contender: Contender): Promise<Row> {
  const place = `${server.root}/others`;
  const results: Partial<Record<State, Measured>> = {};
  await server.sh(`mkdir -p ${place}; chown ${server.user} ${place}`);
  let previous: string | undefined;
  for (const state of contender.compares ? states : states.slice(0, 1)) {
    const leg: Leg = { from: material[state], to: `${place}/${state}`, previous };
    results[state] = await measured(async () => contender.upload(way, leg));
    previous = leg.to;
  }
  rmSync(place, { recursive: true });
  return { name: contender.name, results };
}

/** The whole action, from the start of its process to its end, and what of that is connecting and uploading. */
async function measureShipper(round: number): Promise<readonly Row[]> {
  const deploy: Partial<Record<State, Measured>> = {};
  const connected: Partial<Record<State, Measured>> = {};
  const alone: Partial<Record<State, Measured>> = {};
  const tree = join(workspace.path, 'tree');
  const entry = process.env['SHIPPER_BUNDLE'];
  const base = `${server.root}/shipper`;
  rmSync(base, { recursive: true, force: true });
  await server.sh(`mkdir ${base}; chown ${server.user} ${base}`);
  for (const state of states) {
    renameSync(material[state], tree);
    const options = { cwd: workspace.path, inputs: { ...inputs, revision: `${state}-${round}` } };
    const run = { stdout: '', connect: 0 };
    const whole = await measured(async () => {
      const done = await runAction(entry === undefined ? options : { ...options, entry });
      if (done.code !== 0) throw new Error(done.lines.join('\n'));
      run.stdout = done.stdout;
      run.connect = done.result?.targets[0]?.steps.find(({ name }) => name === 'connect')?.milliseconds ?? NaN;
    });
    renameSync(tree, material[state]);
    const seconds = Number(/verified in ([\d.]+) s/.exec(run.stdout)?.[1]);
    deploy[state] = whole;
    connected[state] = { ...whole, seconds: seconds + run.connect / 1000 };
    alone[state] = { ...whole, seconds };
  }
  return [
    { name: 'shipper, the whole deploy', results: deploy },
    { name: 'shipper, connect and upload', results: connected },
    { name: 'shipper, the upload alone', results: alone },
  ];
}

/** The quicker of two, for each state. */
function better(one: Row | undefined, other: Row): Row {
  const pairs = states.map((state) => {
    const [a, b] = [one?.results[state], other.results[state]];
    return [state, a === undefined || (b !== undefined && b.seconds < a.seconds) ? b : a] as const;
  });
  return { name: other.name, results: Object.fromEntries(pairs) };
}

const { files, bytes } = material;
const machine = `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1) ?? ''} before`;
console.log(`${files} files, ${(bytes / 1e6).toFixed(1)} MB; both sides on one machine: ${machine}; best of ${rounds}`);
for (const line of lines) {
  await shape(server.port, line);
  relay.delay = line.delay;
  const best = new Map<string, Row>();
  for (let round = 0; round < rounds; round += 1) {
    // One after the other within a round, so that what else the machine does meets them all.
    for (const contender of contenders) {
      const isScp = contender.name.startsWith('scp');
      if (isScp && (line.delay > 0 || round > 0)) continue; // Half an hour, and a quarter of a minute.
      best.set(contender.name, better(best.get(contender.name), await measureContender(contender)));
    }
    for (const row of await measureShipper(round)) best.set(row.name, better(best.get(row.name), row));
  }
  printTables(nameOf(line), [...best.values()]);
  if (line.megabits !== undefined) continue; // Ten times as much would be the line's time alone.
  console.log('\nA fleet of 10, whole deploys:');
  for (const state of ['first', 'changed', 'same'] as const) {
    const { seconds, up, down } = await measured(async () => measureFleet({ server, relay, state, material }));
    const kilobytes = [up, down].map((bytes) => Math.round(bytes / 1000).toLocaleString('en')).join(' / ');
    console.log(`- ${state}: ${seconds.toFixed(2)} s (${kilobytes} kB)`);
  }
}

function nameOf({ delay, megabits }: Line): string {
  return `RTT ${delay} ms${megabits === undefined ? '' : `, ${megabits} Mbit/s`}`;
}
