/**
 * `script/bench deploy`: a whole deploy with five links and without listeners, beside one bare ssh command, the same
 * structure made by one ssh command a step, and the tools of others, as far as this machine has them. All through one
 * relay, in one run. What is counted is counted once, what is timed is the best of some rounds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { runAction } from '../../__tests__/rig/action.ts';
import { findProgram, run } from '../../__tests__/rig/program.ts';
import { startRelay } from '../../__tests__/rig/relay.ts';
import { startSshd } from '../../__tests__/rig/sshd.ts';
import { temporaryDirectory } from '../../__tests__/rig/temporary.ts';
import { startTripCounter } from '../../__tests__/rig/trip-counter.ts';
import { createWorkspace } from '../../__tests__/rig/workspace.ts';
import { type Contestant, lines, type Measured, writeToReadme } from './deploy-table.ts';
import { peers, wanted, runPeer, type Task } from './peers.ts';

/** Milliseconds; without any, nothing is timed. */
const delays = (process.env['DELAYS'] ?? '0,50,150').split(',').filter(Boolean).map(Number);
const rounds = Number(process.env['ROUNDS'] ?? 3);
const links = Array.from({ length: 5 }, (_, index) => `share/directory-${index}`);

await findProgram('ssh', 'openssh-client');
await findProgram('strace', 'strace');
await using directory = await temporaryDirectory('bench');
/** Every program that a session starts leaves a line there with the number of its process. */
const traces = join(directory.path, 'traces');
mkdirSync(traces, { mode: 0o1777 });
await run('chmod', ['1777', traces]);
const traced = `exec strace -f -qq -e trace=execve -o ${traces}/$$ sh -c "$SSH_ORIGINAL_COMMAND"`;
await using server = await startSshd();
await using watched = await startSshd({ forceCommand: traced });
await watched.sh(`cp ${server.key.file}.pub ../authorized_keys`);
await using relay = await startRelay(server.port);
await using counter = await startTripCounter(watched.port);
const knownHosts = join(directory.path, 'known_hosts');
writeFileSync(knownHosts, `${server.knownHostsAt(relay.port)}\n${watched.knownHostsAt(counter.port)}\n`);

/** Where a tool finds a server, and what it may fill there. */
interface Place {
  readonly port: number;
  readonly user: string;
  readonly root: string;
  readonly knownHosts: string;
}
const quick: Place = { ...server, port: relay.port, knownHosts: server.knownHostsAt(relay.port) };
const counted: Place = { ...watched, port: counter.port, knownHosts: watched.knownHostsAt(counter.port) };

/** What is there before: the directories that are linked to, and a repository for those tools that fetch from one. */
async function prepare({ root }: Place): Promise<void> {
  const git = 'git -c user.name=bench -c user.email=bench@example.com';
  const make = `git init -q -b master repository; cd repository; mkdir public; touch public/index.html; ${git} add .; ${git} commit -q -m 1`;
  await run('sh', ['-c', `mkdir -p ${links.join(' ')} other; (${make}); chown -R --reference=. *`], root);
}

function sshTo({ port, user }: Place, more: readonly string[] = []): readonly string[] {
  const options = [`UserKnownHostsFile=${knownHosts}`, 'IdentitiesOnly=yes', 'BatchMode=yes', `User=${user}`];
  return ['-p', String(port), '-i', server.key.file, '-F', 'none', ...options.flatMap((each) => ['-o', each]), ...more];
}

const remote = async (place: Place, command: string, more: readonly string[] = []): Promise<unknown> =>
  run('ssh', [...sshTo(place, more), '127.0.0.1', command]);

let made = 0;

/** What a tool does that has a connection, and asks for one thing after the other: no lock, no journal, no way back. */
async function stepByStep(place: Place): Promise<void> {
  const revision = `${place.root}/other/revisions/${(made += 1)}`;
  const socket = ['-o', `ControlPath=${join(directory.path, 'socket')}`];
  const step = async (command: string): Promise<unknown> => remote(place, command, socket);
  await remote(place, 'true', [...socket, '-o', 'ControlMaster=auto', '-o', 'ControlPersist=60']);
  await step(`mkdir -p ${revision}/links`);
  for (const [index, link] of links.entries()) await step(`ln -s ${place.root}/${link} ${revision}/links/${index}`);
  await step(
    `ln -s ${revision} ${place.root}/other/next && mv -T ${place.root}/other/next ${place.root}/other/current`,
  );
  await step(`ls -1t ${place.root}/other/revisions`);
  await step(`rm -rf ${place.root}/other/revisions/${made - 6}`);
  await run('ssh', [...sshTo(place, socket), '-O', 'exit', '127.0.0.1']);
}

async function shipper({ port, user, root, knownHosts: known }: Place): Promise<void> {
  const symlinks = Object.fromEntries(links.map((name, index) => [name, `links/${index}`]));
  await using workspace = await createWorkspace({
    config: { base_dir: root, symlinks, sync: false, revisions_to_keep: 5 },
  });
  const inputs = { host: '127.0.0.1', port: String(port), user, key: server.keyText, 'known-hosts': known };
  const done = await runAction({ cwd: workspace.path, inputs });
  if (done.code !== 0) throw new Error(done.lines.join('\n'));
}

const contestants: Contestant<Place>[] = [
  { name: 'one `ssh host true`', deploy: async (place) => remote(place, 'true') },
  { name: '**Shipper**, with lock, journal, way back', deploy: shipper },
  { name: 'one ssh command a step', deploy: stepByStep },
];
const missing: string[] = ['Deployer (Composer)'];
for (const place of [quick, counted]) await prepare(place);
for (const peer of wanted(peers)) {
  const home = join(directory.path, peer.name.replace(/\W+/g, '-'));
  mkdirSync(home);
  const act = async (words: readonly string[], { port, user, root }: Place): Promise<void> => {
    const task: Task = {
      ...{ user, keyFile: server.key.file, knownHostsFile: knownHosts, repository: `${root}/repository`, links },
      deployTo: `${root}/${peer.name.replace(/\W+/g, '-')}`,
    };
    await runPeer(peer, words, { directory: home, task, port });
  };
  try {
    await peer.find(home);
    for (const place of [quick, counted]) {
      if (peer.setUp !== undefined) await act(peer.setUp, place);
      await act(peer.deploy, place); // What the first time needs besides does not count.
    }
    contestants.push({ name: peer.name, deploy: async (place) => act(peer.deploy, place) });
  } catch (error) {
    missing.push(peer.name);
    console.error(`${peer.name} is left out: ${String(error).slice(0, 2_000)}`);
  }
}

const programs = async (): Promise<number> =>
  Number(await run('sh', ['-c', "cat * | cut -d' ' -f1 | sort -u | wc -l"], traces));

async function count(contestant: Contestant<Place>): Promise<Measured> {
  await run('sh', ['-c', 'rm -f *'], traces);
  const before = { trips: counter.total, connections: counter.connections };
  await contestant.deploy(counted);
  return {
    trips: counter.total - before.trips,
    connections: counter.connections - before.connections,
    programs: await programs(),
    seconds: new Map(),
  };
}

const measured = new Map<string, Measured>();
for (const contestant of contestants) {
  if (contestant.name.startsWith('**')) await contestant.deploy(counted);
  measured.set(contestant.name, await count(contestant));
}
for (const delay of delays) {
  relay.delay = delay;
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, deploy } of contestants) {
      const start = performance.now();
      await deploy(quick);
      const seconds = measured.get(name)?.seconds;
      seconds?.set(delay, Math.min(seconds.get(delay) ?? Infinity, (performance.now() - start) / 1000));
    }
  }
}
const machine = `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1) ?? ''}`;
const table = lines(measured, { delays, missing, date: new Date(), machine });
console.log(table.join('\n'));
if (process.env['README'] === 'write') writeToReadme(table);
