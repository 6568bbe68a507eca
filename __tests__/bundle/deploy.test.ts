import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';

describe('the bundle against OpenSSH', { concurrency: 2 }, () => {
  test('a base_dir and four inputs are enough for a first deploy', async () => {
    await using server = await startSshd();
    await using ship = await shipTo(server);
    const { result, outputs } = await ship.succeed();
    assert.match(outputs['revision'] ?? '', /^\d{8}T\d{6}Z-[0-9a-f]{7}$/);
    assert.equal(outputs['revision-path'], `${server.root}/revisions/${outputs['revision'] ?? ''}`);
    assert.equal(outputs['active-revision'], outputs['revision']);
    assert.equal(outputs['previous-revision'], undefined);
    assert.equal(outputs['purged'], '[]');
    assert.equal(result?.status, 'succeeded');
    assert.deepEqual(
      result.targets[0]?.steps.map(({ name }) => name),
      [
        ...['connect', 'init_directories', 'create_revision', 'create_symlinks', 'sync', 'link_current_revision'],
        'purge_old_revisions',
      ],
    );
    assert.equal(await ship.active(), outputs['revision']);
    assert.deepEqual(await server.tree(), [
      `current -> ${server.root}/revisions/${outputs['revision'] ?? ''}`,
      'revisions/',
      'revisions/.shipper/',
      'revisions/.shipper/active',
      'revisions/.shipper/journal',
      'revisions/.shipper/runs/',
      'revisions/.shipper/version',
      `revisions/${outputs['revision'] ?? ''}/`,
    ]);
  });

  test('five deploys, two kept; rollback, further back, to a name; a taken name; status', async () => {
    await using server = await startSshd();
    await using ship = await shipTo(server, { config: { base_dir: server.root, revisions_to_keep: 2 } });
    for (const revision of ['v1', 'v2', 'v3', 'v4']) await ship.succeed({ revision });
    const fifth = await ship.succeed({ revision: 'v5' });
    assert.deepEqual(fifth.result?.targets[0]?.purged, ['v2']);
    assert.deepEqual(await ship.revisions(), ['v3', 'v4', 'v5']);

    const back = await ship.succeed({ command: 'rollback' });
    assert.equal(back.outputs['active-revision'], 'v4');
    assert.equal(back.outputs['previous-revision'], 'v5');
    await ship.succeed({ command: 'rollback' });
    assert.equal(await ship.active(), 'v3');
    const none = await ship.run({ command: 'rollback' });
    assert.equal(none.code, 1);
    assert.match(none.annotations[0]?.message ?? '', /nothing to roll back to/);
    await ship.succeed({ command: 'rollback', revision: 'v5' });
    assert.equal(await ship.active(), 'v5');
    const same = await ship.succeed({ command: 'rollback', revision: 'v5' });
    assert.equal(same.result?.status, 'unchanged');

    const taken = await ship.succeed({ revision: 'v5' });
    assert.match(taken.outputs['revision'] ?? '', /^v5-\d{10}$/);
    const { result, stdout } = await ship.succeed({ command: 'status' });
    const rows = result?.targets[0]?.revisions?.map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(rows, ['v3 completed', 'v5 completed', `${taken.outputs['revision'] ?? ''} completed`]);
    assert.ok(result?.targets[0]);
    assert.equal(result.targets[0].active, taken.outputs['revision']);
    assert.equal(result.targets[0].lock, undefined);
    assert.match(stdout, /→ {2}v5-\d{10} +completed/);
  });

  test('a dry run says what it would do and changes nothing', async () => {
    await using server = await startSshd();
    const config = {
      config: {
        base_dir: server.root,
        revisions_to_keep: 1,
        directories: { share: 'share' },
        symlinks: { share: 'public/share', missing: 'x' },
      },
      events: { 'after:create_revision': [{ run: 'touch it-ran' }] },
    };
    await using ship = await shipTo(server, config);
    const first = await ship.succeed({ 'dry-run': 'true', revision: 'v1' });
    assert.deepEqual(await server.tree(), []);
    for (const line of [
      `create  directory ${server.root}/share`,
      `create  revision ${server.root}/revisions/v1`,
      `link    public/share → ${server.root}/share`,
      `link    x → ${server.root}/missing (which does not exist)`,
      `switch  ${server.root}/current to v1`,
      'after:create_revision  run touch it-ran  127.0.0.1',
    ]) {
      assert.ok(first.stdout.includes(line), `${line}\n${first.stdout}`);
    }
    for (const revision of ['v1', 'v2']) await ship.succeed({ revision });
    const before = await server.sh('find . -newermt 2000-01-01 -printf "%p %T@ %l\n" | sort');
    const next = await ship.succeed({ 'dry-run': 'true', revision: 'v2' });
    assert.match(next.stdout, /switch .* from v2 to v2-\d{10}\n +purge +v1\n/);
    assert.match((await ship.succeed({ 'dry-run': 'true', command: 'rollback' })).stdout, /from v2 to v1\n/);
    assert.equal((await ship.run({ 'dry-run': 'true', command: 'rollback', revision: 'v9' })).code, 1);
    assert.equal(await server.sh('find . -newermt 2000-01-01 -printf "%p %T@ %l\n" | sort'), before);
  });

  test("the original tool's sample config works once a host is given", async () => {
    await using server = await startSshd();
    const { root } = server;
    await server.sh('mkdir source share && echo hi > source/index.html');
    const config = {
      config: {
        target: { host: '', user: server.user, port: server.port },
        directories: { revisions: `${root}/revisions`, share: `${root}/share` },
        active_symlink: `${root}/current`,
        source_dir: `${root}/source`,
        revision: 'first',
        revisions_to_keep: 3,
      },
      symlinks: { [`${root}/share`]: 'share' },
      fail_on_symlink_error: true,
      events: {},
    };
    await using ship = await shipTo(server, config);
    const { host, key, 'known-hosts': knownHosts } = ship.inputs;
    await ship.succeed({ host: host ?? '', key: key ?? '', 'known-hosts': knownHosts ?? '', user: '', port: '' });
    assert.equal(await server.sh('cat current/index.html; readlink current/share'), `hi\n${root}/share`);
    assert.equal(await ship.active(), 'first');
  });

  test('a symlink that led elsewhere is what was there before the first deploy, and cannot be rolled back to', async () => {
    await using server = await startSshd();
    await using ship = await shipTo(server);
    await server.sh(`mkdir by-hand && ln -s "$PWD/by-hand" current && chown -h --reference=. current by-hand`);
    const elsewhere = `${server.root}/by-hand`;
    const { outputs, result, stdout } = await ship.succeed({ revision: 'v1' });
    assert.match(stdout, new RegExp(`v1 is active, before it ${elsewhere}$`, 'm'));
    assert.deepEqual(
      [outputs['previous-revision'], result?.previousRevision, result?.targets[0]?.previousRevision],
      [elsewhere, elsewhere, elsewhere],
    );
    await server.sh('mkdir revisions/found');
    const none = await ship.run({ command: 'rollback' });
    assert.match(
      none.annotations[0]?.message ?? '',
      /nothing to roll back to: no completed revision is older than v1; by name it can go to: found/,
    );
  });

  test('prepare in one run and activate in another', async () => {
    await using server = await startSshd();
    await using ship = await shipTo(server);
    await ship.succeed({ revision: 'v1' });
    const prepared = await ship.succeed({ command: 'prepare', revision: 'v2' });
    assert.equal(prepared.outputs['active-revision'], 'v1');
    assert.equal((await ship.run({ command: 'prepare', revision: 'v2' })).code, 1);
    await ship.succeed({ command: 'activate', revision: 'v2' });
    assert.equal(await ship.active(), 'v2');
    const again = await ship.succeed({ command: 'activate', revision: 'v2' });
    assert.equal(again.result?.status, 'unchanged');
  });
});
