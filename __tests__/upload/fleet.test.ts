import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runAction } from '../rig/action.ts';
import { run } from '../rig/program.ts';
import { isLarge } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { createWorkspace } from '../rig/workspace.ts';
import { placeTools } from './tools.ts';

const bundle = process.env['SHIPPER_BUNDLE'];
const entry = bundle === undefined ? {} : { entry: bundle };

const count = isLarge ? 3000 : 1500;

/** A build of ordinary size, or half of it: files of 1 to 8 kB, and large ones between them; 20 MB of 3,000. */
function build(site: string): void {
  for (let index = 0; index < count; index += 1) {
    const directory = join(site, `package-${index % 60}`, index % 7 === 0 ? 'deep/er' : '.');
    mkdirSync(directory, { recursive: true });
    const size = index % 600 === 0 ? 1_300_000 : 1000 + ((index * 37) % 7000);
    const half = randomBytes(Math.ceil(size / 2)); // Packing has something to do.
    writeFileSync(join(directory, `file-${index}.js`), Buffer.concat([half, half]).subarray(0, size));
  }
}

/** Odd ones find no zstd on their target. */
const hostOf = (number: number): string => (number % 2 === 1 ? '127.0.0.2' : '127.0.0.1');

for (const targets of isLarge ? [3, 20] : [3]) {
  test(`${count} files arrive byte for byte on ${targets} targets at once, first and again, here by zstd, there by gzip`, async () => {
    await using bin = await temporaryDirectory('bin');
    await placeTools(join(bin.path, 'bin'));
    const gzipOnly = ['Match LocalAddress 127.0.0.2', `SetEnv PATH=${bin.path}/bin`, 'Match all'];
    await using server = await startSshd({ config: ['ListenAddress 127.0.0.2', 'MaxStartups 100', ...gzipOnly] });
    const { port, user, root } = server;
    const fleet = Array.from({ length: targets }, (_, number) => {
      return { host: hostOf(number), port, user, name: `web${number}`, base_dir: `${root}/web${number}` };
    });
    const config = { config: { targets: fleet }, events: { 'after:create_revision': [{ upload: 'site' }] } };
    await using workspace = await createWorkspace(config);
    const site = join(workspace.path, 'site');
    build(site);
    const knownHosts = `${server.knownHosts}\n${server.knownHosts.replaceAll('127.0.0.1', '127.0.0.2')}`;
    const inputs = { key: server.keyText, 'known-hosts': knownHosts };
    const deploy = async (revision: string): Promise<void> => {
      const { code, stdout } = await runAction({ cwd: workspace.path, inputs: { ...inputs, revision }, ...entry });
      assert.equal(code, 0, stdout);
      for (const { base_dir } of fleet) assert.equal(await run('diff', ['-rq', site, `${base_dir}/current`]), '');
    };
    await deploy('v1');
    await run('sh', ['-euc', change], site);
    await deploy('v2');
  });
}

const change = `for number in 1 31 61 601 1201; do echo changed >>"$(find . -name "file-$number.js")"; done
  mv package-3 package-three; rm package-4/*.js; head -c 3000000 /dev/urandom >large`;
