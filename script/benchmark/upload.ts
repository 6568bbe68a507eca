/** `script/bench upload`: Shipper's whole deploy against other tools' bare uploads, side by side through one relay. */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { runAction } from '../../__tests__/rig/action.ts';
import { findProgram } from '../../__tests__/rig/program.ts';
import { startRelay } from '../../__tests__/rig/relay.ts';
import { startSshd } from '../../__tests__/rig/sshd.ts';
import { temporaryDirectory } from '../../__tests__/rig/temporary.ts';
import { createWorkspace } from '../../__tests__/rig/workspace.ts';
import { contenders, type Contender, type Leg, type Way } from './contenders.ts';
import { type Material, prepareMaterial } from './material.ts';
import { type Measured, type Row, printTables } from './table.ts';

/** Milliseconds. */
const delays = [0, 50];
const tries = Number(process.env['TRIES'] ?? 3);

/** Both sides in memory, so that tools are compared and not the disk of this machine. */
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

for (const [program, from] of [
  ['rsync', 'rsync'],
  ['zstd', 'zstd'],
  ['scp', 'openssh-client'],
] as const) {
  await findProgram(program, from);
}
await using directory = await temporaryDirectory('bench');
console.log('Installing packages…');
const material = await prepareMaterial(directory.path);
await using server = await startSshd({ config: ['MaxStartups 1000', 'PerSourcePenalties no'].slice(0, 1) });
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

/** The quickest of several tries; what a try leaves behind is the next state's `previous`. */
async function best(one: (attempt: number) => Promise<Measured>, times = tries): Promise<Measured> {
  let found: Measured | undefined;
  for (let attempt = 0; attempt < times; attempt += 1) {
    const result = await one(attempt);
    if (found === undefined || result.seconds < found.seconds) found = result;
  }
  if (found === undefined) throw new Error('no try');
  return found;
}

async function measureContender(contender: Contender, delay: number): Promise<Row> {
  const place = `${server.root}/others`;
  const results: Partial<Record<State, Measured>> = {};
  let previous: string | undefined;
  await server.sh(`mkdir -p ${place}; chown ${server.user} ${place}`);
  if (contender.name.startsWith('scp') && delay > 0) return { name: contender.name, results };
  for (const state of contender.compares ? states : states.slice(0, 1)) {
    results[state] = await best(
      async (attempt) => {
        const leg: Leg = { from: material[state], to: `${place}/${state}${attempt}`, previous };
        return measured(async () => contender.upload(way, leg));
      },
      contender.name.startsWith('scp') ? 1 : tries,
    );
    previous = `${place}/${state}0`;
  }
  rmSync(place, { recursive: true });
  return { name: contender.name, results };
}

/** The whole action, from the start of its process to its end: connect, lock, upload, switch, purge. */
async function measureShipper(): Promise<readonly Row[]> {
  const deploy: Partial<Record<State, Measured>> = {};
  const alone: Partial<Record<State, Measured>> = {};
  const tree = join(workspace.path, 'tree');
  const entry = process.env['SHIPPER_BUNDLE'];
  const base = `${server.root}/shipper`;
  rmSync(base, { recursive: true, force: true });
  mkdirSync(base);
  await server.sh(`chown ${server.user} ${base}`);
  const ship = async (revision: string): Promise<number> => {
    const options = { cwd: workspace.path, inputs: { ...inputs, revision } };
    const done = await runAction(entry === undefined ? options : { ...options, entry });
    if (done.code !== 0) throw new Error(done.lines.join('\n'));
    return Number(/verified in ([\d.]+) s/.exec(done.stdout)?.[1]);
  };
  const keep = `${server.root}/kept`;
  for (const state of states) {
    rmSync(tree, { recursive: true, force: true });
    renameSync(material[state], tree);
    let quickest = Infinity;
    deploy[state] = await best(async (attempt) => {
      // Each try starts from the same state of the target.
      if (attempt === 0) {
        rmSync(keep, { recursive: true, force: true });
        cpSync(base, keep, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      } else {
        rmSync(base, { recursive: true, force: true });
        cpSync(keep, base, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      }
      await server.sh(`chown -R ${server.user} ${base}`);
      return measured(async () => {
        quickest = Math.min(quickest, await ship(`${state}-${attempt}`));
      });
    });
    alone[state] = { ...deploy[state], seconds: quickest };
    renameSync(tree, material[state]);
  }
  rmSync(keep, { recursive: true });
  return [
    { name: 'shipper, the whole deploy', results: deploy },
    { name: 'shipper, the upload alone', results: alone },
  ];
}

const about = ({ files, bytes }: Material): string => `${files} files, ${(bytes / 1e6).toFixed(1)} MB`;
console.log(`${about(material)}; ${cpus().length} cores, both sides on this machine; the best of ${tries} tries`);
console.log(`(${readdirSync(material.first).length} entries at the top)`);
for (const delay of delays) {
  relay.delay = delay;
  const rows: Row[] = [];
  for (const contender of contenders) rows.push(await measureContender(contender, delay));
  rows.push(...(await measureShipper()));
  printTables(delay, rows);
}
