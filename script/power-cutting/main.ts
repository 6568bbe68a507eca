/**
 * `script/power-cut`: deploys to virtual machines, cuts their power at random moments, boots them again and checks every
 * promise. Ends with exit status 1 where one was broken.
 */
import { randomInt } from 'node:crypto';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey } from '../../__tests__/rig/keys.ts';
import { run } from '../../__tests__/rig/program.ts';
import { freePort } from '../../__tests__/rig/server.ts';
import { temporaryDirectory } from '../../__tests__/rig/temporary.ts';
import { randomFrom } from '../fuzzing/inputs.ts';
import { Attack, type Figures, type Stand } from './attack.ts';
import { buildGuest } from './guest.ts';
import { acceleration, type FileSystem, type Start, takeMemory } from './machine.ts';
import { makePages } from './site.ts';

const { env } = process;
const minutes = Number(env['MINUTES'] ?? '30');
const seed = Number(env['SEED'] ?? String(randomInt(1, 1_000_000)));
const each = Number(env['MACHINES'] ?? '1');
const types = (env['FILE_SYSTEMS'] ?? 'ext4 xfs btrfs').split(' ') as FileSystem[];
const kept = join(import.meta.dirname, '..', '..', '.cache', 'power-cut');

await using directory = await temporaryDirectory('power-cut');
const hostKey = await generateKey(join(directory.path, 'host_key'));
const key = await generateKey(join(directory.path, 'user_key'));
await mkdir(kept, { recursive: true });
const guest = await buildGuest(directory.path, kept, { hostKey: hostKey.text, publicKey: key.publicKey });
const memory = join(directory.path, 'memory');
await cp(join(import.meta.dirname, '..', '..', 'dist'), join(directory.path, 'dist'), { recursive: true });
const entry = join(directory.path, 'dist', 'index.js'); // A build meanwhile changes nothing.
console.log(
  `seed ${seed}, ${minutes} minutes, ${each} of each: ${types.join(', ')}; Linux ${guest.release}, ${acceleration}`,
);

async function startOf(name: string, type: FileSystem): Promise<Start> {
  const own = join(directory.path, name);
  await mkdir(own, { recursive: true });
  const [disk, log] = [join(own, 'disk'), join(own, 'log')];
  return { guest, directory: own, memory, disk, log, type, port: await freePort() };
}

async function freshDisk(type: FileSystem, image: string): Promise<void> {
  await run('truncate', ['-s', '0', image]);
  await run('truncate', ['-s', '512M', image]);
  await run(`mkfs.${type}`, ['-q', image]);
}

const end = performance.now() + minutes * 60_000;
const figures = new Map<FileSystem, Figures>();

/** Attacks one machine until the time is over; where a promise is broken, goes on with a fresh disk. */
async function attack(type: FileSystem, number: number): Promise<void> {
  const name = `${type}-${number}`;
  const start = await startOf(name, type);
  const image = join(start.directory, 'image');
  const tally = figures.get(type) ?? { cuts: 0, switched: 0, reported: 0, again: 0, unflushed: 0, broken: 0 };
  figures.set(type, tally);
  for (let life = 1; performance.now() < end; life += 1) {
    await freshDisk(type, image);
    const own = seed + 1_000 * types.indexOf(type) + 100 * number + life;
    const knownHosts = `[127.0.0.1]:${start.port} ${hostKey.publicKey}`;
    await using pages = await makePages({ entry, seed: own, port: start.port, key: key.text, knownHosts });
    const way = { port: start.port, keyFile: key.file };
    const tell = (text: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${name} ${text}`);
    const stand: Stand = { start, image, pages, way, random: randomFrom(own), figures: tally, tell };
    const attacker = new Attack(stand);
    try {
      await attacker.go(() => performance.now() > end);
    } catch (error) {
      tally.broken += 1;
      tell(`BROKEN, by the numbers of ${own}: ${error instanceof Error ? error.message : String(error)}`);
      await attacker.end();
    }
  }
}

const first = await startOf('memory-machine', 'ext4');
await freshDisk('ext4', first.disk);
await takeMemory(first);
await Promise.all(types.flatMap((type) => Array.from({ length: each }, async (_, number) => attack(type, number))));
for (const [type, tally] of figures) console.log(type, JSON.stringify(tally));
process.exitCode = [...figures.values()].some(({ broken }) => broken > 0) ? 1 : 0;
