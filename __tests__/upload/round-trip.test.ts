import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { startDropbear } from '../rig/dropbear.ts';
import type { Server } from '../rig/server.ts';
import { isLarge } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { findProgram } from '../rig/program.ts';
import { writeFile } from 'node:fs/promises';
import { randomTree, writeTree } from './random-tree.ts';
import { placeTools } from './tools.ts';
import { yardAt } from './yard.ts';

/** Uploads one random tree and then another over it as the next revision, and compares both with what is there. */
async function roundTrips(server: Server, numRuns: number): Promise<void> {
  await using yard = await yardAt(server);
  const site = join(yard.workspace, 'site');
  let revision = 0;
  const property = fc.asyncProperty(randomTree, randomTree, async (first, second) => {
    for (const [tree, previous] of [[first, undefined] as const, [second, `v${revision + 1}`] as const]) {
      revision += 1;
      const logged = yard.lines.length;
      writeTree(site, tree);
      await yard.upload(`v${revision}`, previous === undefined ? {} : { previous });
      assert.equal(await yard.differences(`v${revision}`), '');
      assert.equal(await server.sh(`ls -A revisions/v${revision} | grep shipper || true`), '');
      assert.deepEqual(
        yard.lines.slice(logged).filter((line) => /damaged|again|changed/.test(line)),
        [],
      );
    }
  });
  await fc.assert(property, { numRuns: isLarge ? numRuns : 2 });
}

describe('two random trees, one after the other, arrive exactly', { concurrency: 2 }, () => {
  test('with OpenSSH and GNU tools', async () => {
    await using server = await startSshd();
    await roundTrips(server, 14);
  });

  test('with OpenSSH and the tools of BusyBox', async () => {
    await using server = await startSshd({ tools: 'busybox' });
    await roundTrips(server, 7);
  });

  test('with bsdtar, gzip, a sha256sum that encodes names as BSD does, and a cp that knows POSIX only', async () => {
    await using bin = await temporaryDirectory('bin');
    const posixCp = join(bin.path, 'posix-cp');
    const cp = await findProgram('cp', 'coreutils');
    await writeFile(posixCp, `#!/bin/sh\ncase $1 in --?*) exit 1 ;; esac\nexec ${cp} "$@"\n`, { mode: 0o755 });
    const sha256sum = join(bin.path, 'encoding-sha256sum');
    const [sum, perl] = [await findProgram('sha256sum', 'coreutils'), await findProgram('perl', 'perl-base')];
    const encode = 's/([\\x80-\\xff])/"\\\\M-" . chr(ord($1) & 127)/ge; s/(?<=. .) (?=.)/\\\\s/g';
    await writeFile(sha256sum, `#!/bin/sh\n${sum} "$@" | LC_ALL=C ${perl} -pe '${encode}'\n`, { mode: 0o755 });
    const tar = await findProgram('bsdtar', 'libarchive-tools');
    await placeTools(join(bin.path, 'bin'), { tar, cp: posixCp, sha256sum });
    await using server = await startSshd({ config: [`SetEnv PATH=${bin.path}/bin`] });
    await roundTrips(server, 7);
    await using yard = await yardAt(server);
    for (const name of ['ümläut', 'a b c', 'plain']) await writeFile(join(yard.workspace, 'site', name), name);
    await yard.upload('names-1');
    await yard.upload('names-2', { previous: 'names-1' });
    assert.equal(await yard.differences('names-2'), '');
    assert.match(yard.lines.at(-1) ?? '', /3 files verified .*: 0 files sent .*, 3 files copied/);
    assert.doesNotMatch(yard.lines.join('\n'), /damaged|again|changed/);
  });

  test('with dropbear', async () => {
    await using server = await startDropbear();
    await roundTrips(server, 5);
  });
});
