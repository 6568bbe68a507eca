/**
 * `script/bench deploy`: a whole deploy without listeners, beside one bare ssh command and beside the same structure
 * made by one ssh command a step, over one shared connection. All through one relay, in one run.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAction } from '../../__tests__/rig/action.ts';
import { findProgram, run } from '../../__tests__/rig/program.ts';
import { startRelay } from '../../__tests__/rig/relay.ts';
import { startSshd } from '../../__tests__/rig/sshd.ts';
import { temporaryDirectory } from '../../__tests__/rig/temporary.ts';
import { createWorkspace } from '../../__tests__/rig/workspace.ts';

/** Milliseconds. */
const delays = (process.env['DELAYS'] ?? '0,50,150').split(',').map(Number);
const rounds = Number(process.env['ROUNDS'] ?? 5);
const links = Array.from({ length: 5 }, (_, index) => `share/directory-${index}`);

await findProgram('ssh', 'openssh-client');
await using directory = await temporaryDirectory('bench');
await using server = await startSshd();
await using relay = await startRelay(server.port);
const knownHosts = join(directory.path, 'known_hosts');
writeFileSync(knownHosts, `${server.knownHostsAt(relay.port)}\n`);

const options = [`UserKnownHostsFile=${knownHosts}`, 'IdentitiesOnly=yes', 'BatchMode=yes', `User=${server.user}`];
const ssh = ['-p', String(relay.port), '-i', server.key.file, '-F', 'none', ...options.flatMap((each) => ['-o', each])];
const remote = async (command: string, more: readonly string[] = []): Promise<unknown> =>
  run('ssh', [...ssh, ...more, '127.0.0.1', command]);

const base = `${server.root}/shipper`;
await server.sh(`mkdir ${base} other; chown ${server.user} ${base} other; cd ${base}; mkdir -p ${links.join(' ')}`);
const symlinks = Object.fromEntries(links.map((name, index) => [name, `links/${index}`]));
await using workspace = await createWorkspace({ config: { base_dir: base, symlinks, sync: false } });
const inputs = {
  ...{ host: '127.0.0.1', port: String(relay.port), user: server.user, key: server.keyText },
  'known-hosts': server.knownHostsAt(relay.port),
};

async function deploy(): Promise<void> {
  const done = await runAction({ cwd: workspace.path, inputs });
  if (done.code !== 0) throw new Error(done.lines.join('\n'));
}

let made = 0;

/** What a tool does that has a connection, and asks for one thing after the other: no lock, no journal, no way back. */
async function stepByStep(): Promise<void> {
  const place = `${server.root}/other`;
  const revision = `${place}/revisions/${(made += 1)}`;
  const socket = ['-o', `ControlPath=${join(directory.path, 'socket')}`];
  const step = async (command: string): Promise<unknown> => remote(command, socket);
  await remote('true', [...socket, '-o', 'ControlMaster=auto', '-o', 'ControlPersist=60']);
  await step(`mkdir -p ${revision}/links`);
  for (const [index, link] of links.entries()) await step(`ln -s ${base}/${link} ${revision}/links/${index}`);
  await step(`ln -s ${revision} ${place}/next && mv -T ${place}/next ${place}/current`);
  await step(`ls -1t ${place}/revisions`);
  await step(`rm -rf ${place}/revisions/${made - 6}`);
  await run('ssh', [...ssh, ...socket, '-O', 'exit', '127.0.0.1']);
}

const contenders = {
  'one `ssh host true`': async () => remote('true'),
  'one ssh command a step, one connection': stepByStep,
  'Shipper, the whole deploy': deploy,
};

console.log(`5 links, no listeners; seconds, and how many times one \`ssh host true\`; the best of ${rounds}\n`);
console.log(`| | ${delays.map((delay) => `RTT ${delay} ms`).join(' | ')} |\n| --- |${' --- |'.repeat(delays.length)}`);
const best = new Map<string, number>();
for (const delay of delays) {
  relay.delay = delay;
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(contenders)) {
      const start = performance.now();
      await work();
      const key = `${name} ${delay}`;
      best.set(key, Math.min(best.get(key) ?? Infinity, (performance.now() - start) / 1000));
    }
  }
}
for (const name of Object.keys(contenders)) {
  const cells = delays.map((delay) => {
    const seconds = best.get(`${name} ${delay}`) ?? NaN;
    const bare = best.get(`one \`ssh host true\` ${delay}`) ?? NaN;
    return `${seconds.toFixed(2)} s, ${(seconds / bare).toFixed(1)}`;
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
