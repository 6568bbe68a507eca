/** `script/bench upload`: prepares what is uploaded, and measures it by `lines.ts` in a network of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../__tests__/rig/program.ts';
import { temporaryDirectory } from '../../__tests__/rig/temporary.ts';
import { prepareMaterial } from './material.ts';

/** Both sides in memory, so that tools are compared and not the disk of this machine. */
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

for (const [program, from] of [
  ['rsync', 'rsync'],
  ['zstd', 'zstd'],
  ['scp', 'openssh-client'],
  ['tc', 'iproute2'],
  ['ip', 'iproute2'],
  ['unshare', 'util-linux'],
] as const) {
  await findProgram(program, from);
}
await using directory = await temporaryDirectory('bench');
console.log('Installing packages…');
const material = await prepareMaterial(directory.path);
const measure = [...process.execArgv, join(import.meta.dirname, 'lines.ts'), JSON.stringify(material)];
const child = spawn('unshare', ['--net', process.execPath, ...measure], { stdio: 'inherit' });
child.on('close', (code) => (process.exitCode = code ?? 1));
await once(child, 'close');
