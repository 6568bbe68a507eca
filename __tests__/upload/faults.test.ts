import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAction, startAction } from '../rig/action.ts';
import { run } from '../rig/program.ts';
import { startRelay } from '../rig/relay.ts';
import { startSshd } from '../rig/sshd.ts';
import { createWorkspace } from '../rig/workspace.ts';
import type { Server } from '../rig/server.ts';
import { startTinysshd } from '../rig/tinysshd.ts';
import { until } from '../rig/until.ts';
import { yardAt } from './yard.ts';

const bundle = process.env['SHIPPER_BUNDLE'];
const entry = bundle === undefined ? {} : { entry: bundle };

/** A repository that uploads `dist`: a few small files and so many bytes that no packing makes smaller. */
async function siteFor(server: Server, port: number, bytes: number, base = server.root) {
  const config = { config: { base_dir: base }, events: { 'after:create_revision': [{ upload: 'dist' }] } };
  const workspace = await createWorkspace(config, { 'dist/index.html': 'hello\n', 'dist/js/app.js': 'alert(1)\n' });
  await mkdir(join(workspace.path, 'dist/img'));
  for (const name of ['a', 'b']) await writeFile(join(workspace.path, 'dist/img', name), randomBytes(bytes / 2));
  const inputs = {
    host: server.host,
    user: server.user,
    port: String(port),
    key: server.keyText,
    'known-hosts': server.knownHostsAt(port),
  };
  const options = (revision: string) => ({ cwd: workspace.path, inputs: { ...inputs, revision }, ...entry });
  return {
    workspace,
    deploy: async (revision: string) => runAction(options(revision)),
    start: async (revision: string) => startAction(options(revision)),
    [Symbol.asyncDispose]: async () => workspace[Symbol.asyncDispose](),
  };
}

describe('an upload that is interrupted', () => {
  test('at any byte leaves no revision, and the next deploy works', async () => {
    await using server = await startSshd();
    await using relay = await startRelay(server.port);
    await using site = await siteFor(server, relay.port, 400_000);
    const first = await site.deploy('v0');
    assert.equal(first.code, 0, first.stdout);
    await server.sh('rm -r revisions/.shipper/manifests');
    // What comes before the upload takes less than 30 kB.
    for (const [index, bytes] of [30_000, 90_001, 399_000].entries()) {
      const started = await site.start(`v${index + 1}`);
      void relay.failAfter('up', bytes, index % 2 === 0 ? 'reset' : 'cut');
      const { code } = await started.done;
      assert.equal(code, 1, `${bytes} bytes`);
      assert.equal(await server.sh('basename "$(readlink current)"'), 'v0');
    }
    const last = await site.deploy('v9');
    assert.equal(last.code, 0, last.stdout);
    assert.equal(
      await server.sh('ls revisions; basename "$(readlink current)"; ls -A current'),
      'v0\nv9\nv9\nimg\nindex.html\njs',
    );
    assert.equal(await run('diff', ['-r', join(site.workspace.path, 'dist'), join(server.root, 'current')]), '');
  });

  test('by a cancelled job ends soon, and leaves nothing running', async () => {
    await using server = await startSshd();
    await using relay = await startRelay(server.port);
    await using site = await siteFor(server, relay.port, 40_000_000);
    const started = await site.start('v1');
    await started.printed(/after:create_revision/);
    void relay.failAfter('up', 8_000_000, 'stall').then(() => setTimeout(() => relay.resume(), 500));
    await relay.failAfter('up', 4_000_000, 'stall');
    relay.resume();
    const asked = performance.now();
    started.child.kill('SIGINT');
    const { code, result } = await started.done;
    assert.equal(code, 1);
    assert.equal(result?.status, 'cancelled');
    assert.ok(performance.now() - asked < 30_000, `${performance.now() - asked} ms`);
    const left = async (): Promise<string> => server.sh(`ps -u ${server.user} -o args= | grep -v '^sshd' || true`);
    for (let tries = 0; tries < 600 && (await left()) !== ''; tries += 1) await sleep(100);
    assert.equal(await left(), '');
    assert.equal(await server.sh('ls revisions; ls revisions/.shipper/runs'), '');
  });
});

describe('a disk that is too small', () => {
  const needed = 'This test mounts a small tmpfs, which takes root: sudo env "PATH=$PATH" script/test';

  test('is met before anything is sent where `df` can tell, and says what is missing', async () => {
    await using server = await startSshd();
    await using disk = await smallDisk(server, '3m');
    await using site = await siteFor(server, server.port, 8_000_000, disk.path);
    const { code, annotations } = await site.deploy('v1');
    assert.equal(code, 1);
    assert.match(annotations[0]?.message ?? '', /too full for the upload: it needs 8\.0 MB, .* MB are missing/);
    assert.equal(await server.sh(`ls ${disk.path}/revisions`), '');
  });

  test('and fills up on the way is a clear error, and the next deploy works', async () => {
    await using server = await startSshd();
    await using disk = await smallDisk(server, '12m');
    await using site = await siteFor(server, server.port, 8_000_000, disk.path);
    // `df` counts bytes; that a file system has no more inodes shows only on the way.
    const few = await site.deploy('v1');
    assert.equal(few.code, 0, few.stdout);
    await server.sh(`mount -o remount,nr_inodes=$(($(df --output=iused ${disk.path} | tail -1) + 16)) ${disk.path}`);
    const { code, annotations } = await site.deploy('v2');
    assert.equal(code, 1);
    assert.match(annotations[0]?.message ?? '', /space|disk/);
    assert.equal(await server.sh(`basename "$(readlink ${disk.path}/current)"; ls ${disk.path}/revisions`), 'v1\nv1');
    await server.sh(`mount -o remount,nr_inodes=0,size=40m ${disk.path}`);
    const again = await site.deploy('v3');
    assert.equal(again.code, 0, again.stdout);
  });

  async function smallDisk(server: Server, size: string) {
    const path = join(server.root, 'disk');
    await mkdir(path);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=777`, 'tmpfs', path]).catch((cause: unknown) => {
      throw new Error(needed, { cause });
    });
    return {
      path,
      [Symbol.asyncDispose]: async () => {
        await run('umount', ['-l', path]);
      },
    };
  }
});

describe('a server with few sessions for each connection', () => {
  /** Uploads, runs a command there, uploads again and runs another; all of it arrives, also in the next deploy. */
  async function deploysTo(server: Server): Promise<void> {
    await using site = await siteFor(server, server.port, 10_000);
    const command = { run: 'cat index.html && echo "ran in $(basename "$PWD")"' };
    await site.workspace.configure({
      config: { base_dir: server.root },
      events: { 'after:create_revision': [{ upload: 'dist' }, command, { upload: 'dist', to: 'again' }, command] },
    });
    for (const revision of ['v1', 'v2']) {
      const { code, stdout } = await site.deploy(revision);
      assert.equal(code, 0, stdout);
      assert.equal(stdout.match(new RegExp(` ran in ${revision}$`, 'gm'))?.length, 2, stdout);
    }
    const uploaded = join(site.workspace.path, 'dist');
    assert.equal(await run('diff', ['-r', uploaded, join(server.root, 'current/again')]), '');
  }

  test('OpenSSH with MaxSessions 1 gets a connection for each upload and each command', async () => {
    await using server = await startSshd({ maxSessions: 1 });
    await deploysTo(server);
  });

  test('OpenSSH with MaxSessions 2 needs no other connection: a channel is free before the next is asked for', async () => {
    await using server = await startSshd({ maxSessions: 2 });
    await deploysTo(server);
    const logins = (): number => server.log().match(/Accepted publickey/g)?.length ?? 0;
    await until('sshd logs both', () => logins() >= 2);
    assert.equal(logins(), 2, server.log());
  });

  test('where the other connection is refused, a command fails with its reason and its code', async () => {
    await using server = await startSshd({ maxSessions: 1 });
    await using site = await siteFor(server, server.port, 10);
    const module = `export class Site { constructor(s) { this.s = s }
      async look() { await this.s.run('true') } }`;
    await writeFile(join(site.workspace.path, 'hooks.mjs'), module);
    const refuse = { run: `rm -f '${server.root}/../authorized_keys'`, on: 'runner' };
    const key = await readFile(`${server.root}/../authorized_keys`);
    const codes = [
      [{ run: 'true' }, 'AUTH'],
      [{ upload: 'dist' }, 'AUTH'],
      ['hooks.Site.look', 'LISTENER'], // What a module makes of it is its own affair.
    ] as const;
    for (const [listener, code] of codes) {
      await writeFile(`${server.root}/../authorized_keys`, key);
      await site.workspace.configure({
        config: { base_dir: server.root },
        events: { 'after:create_revision': [refuse, listener] },
      });
      const { annotations, result } = await site.deploy('v1');
      const says = new RegExp(
        `^Listener 2 of after:create_revision \\([^)]*\\) failed: ${server.host}:\\d+ does not let `,
      );
      assert.match(annotations[0]?.message ?? '', says);
      assert.equal(result?.targets[0]?.error?.code, code);
    }
  });

  test('tinysshd, which has one, too', async () => {
    await using server = await startTinysshd();
    await deploysTo(server);
  });
});

test('a file that changes while it is uploaded fails the upload by its name', async () => {
  await using server = await startSshd();
  await using yard = await yardAt(server);
  await writeFile(join(yard.workspace, 'site/log'), 'x'.repeat(5_000_000));
  const growing = setInterval(() => appendFileSync(join(yard.workspace, 'site/log'), 'y'), 1);
  try {
    await assert.rejects(yard.upload('v1'), /log was changed while it was being uploaded/);
  } finally {
    clearInterval(growing);
  }
});
