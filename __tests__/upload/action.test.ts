import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAction } from '../rig/action.ts';
import { run } from '../rig/program.ts';
import { startSshd } from '../rig/sshd.ts';
import { createWorkspace } from '../rig/workspace.ts';

const bundle = process.env['SHIPPER_BUNDLE'];
const entry = bundle === undefined ? {} : { entry: bundle };

test('a config without code and a module both upload, to two targets at once; the next deploy copies', async () => {
  await using one = await startSshd();
  await using two = await startSshd();
  const target = ({ host, port, user, root }: typeof one, name: string) => ({ host, port, user, name, base_dir: root });
  const events = {
    'after:create_revision': [{ upload: 'dist' }, 'hooks.Site.assets'],
    'before:link_current_revision': ['hooks.Site.late'],
  };
  const module = `export class Site {
    constructor(shipper) { this.shipper = shipper; }
    async assets() { await this.shipper.upload('assets', { to: 'public/assets', exclude: ['*.map'] }); }
    async late() { await this.shipper.upload('assets').catch((error) => this.shipper.log.info(error.message)); }
  }`;
  const files = {
    'dist/index.html': '<h1>hi</h1>',
    'assets/a.css': 'a {}',
    'assets/a.css.map': '{}',
    'hooks.mjs': module,
  };
  await using workspace = await createWorkspace(
    { config: { targets: [target(one, 'one'), target(two, 'two')] }, events },
    files,
  );
  const inputs = { key: one.keyText, 'known-hosts': `${one.knownHosts}\n${two.knownHosts}` };
  await run('sh', ['-c', `cat '${one.key.file}.pub' > "$(dirname ${two.root})/authorized_keys"`]);
  for (const [revision, sent] of [['v1', '1 file sent'] as const, ['v2', '0 files sent'] as const]) {
    const { code, stdout } = await runAction({ cwd: workspace.path, inputs: { ...inputs, revision }, ...entry });
    assert.equal(code, 0, stdout);
    for (const name of ['one', 'two']) {
      for (const what of ['dist', 'assets'])
        assert.match(stdout, new RegExp(`${name}: upload of ${what}: 1 file verified .*${sent}`));
    }
    assert.match(stdout, /There is no new revision to upload to in before:link_current_revision/);
    for (const server of [one, two]) {
      assert.equal(
        await server.sh('cd current && find . -type f | sort && cat public/assets/a.css'),
        './index.html\n./public/assets/a.css\na {}',
      );
    }
  }
});

test('what is uploaded first is read ahead, but not before a listener that makes it', async () => {
  await using server = await startSshd();
  const build = { run: 'mkdir -p dist; echo built >dist/index.html', on: 'runner' };
  await using workspace = await createWorkspace({
    config: { base_dir: server.root },
    events: { 'on:start': [build], 'after:create_revision': [{ upload: 'dist' }] },
  });
  const { code, stdout } = await runAction({
    cwd: workspace.path,
    inputs: {
      ...{ host: server.host, port: String(server.port), user: server.user },
      ...{ key: server.keyText, 'known-hosts': server.knownHosts, revision: 'v1' },
    },
    ...entry,
  });
  assert.equal(code, 0, stdout);
  assert.equal(await server.sh('cat current/index.html'), 'built');
});

test('what a symlink replaced in the last revision is sent once, and is not called changed', async () => {
  await using server = await startSshd();
  await using workspace = await createWorkspace(
    {
      config: {
        base_dir: server.root,
        directories: { storage: 'storage' },
        symlinks: { storage: 'storage', env: '.env' },
      },
      events: { 'after:create_revision': [{ upload: 'site' }] },
    },
    { 'site/storage/a/b': 'b', 'site/.env': 'example', 'site/index.html': 'hi' },
  );
  await server.sh('echo secret > env');
  const inputs = { key: server.keyText, 'known-hosts': server.knownHosts, user: server.user };
  for (const revision of ['v1', 'v2', 'v3']) {
    const more = { revision, host: server.host, port: String(server.port) };
    const { code, stdout } = await runAction({ cwd: workspace.path, inputs: { ...inputs, ...more }, ...entry });
    assert.equal(code, 0, stdout);
    assert.doesNotMatch(stdout, /had been changed on the target/);
    if (revision !== 'v1') assert.match(stdout, /3 files verified .*: 2 files sent .*1 file copied/);
  }
  assert.equal(await server.sh('cat current/index.html current/.env && ls storage'), 'hisecret');
});

test('the modes of both deploys are those of the default ACL there, less what is closed here', async () => {
  await using server = await startSshd();
  await using workspace = await createWorkspace(
    { config: { base_dir: server.root }, events: { 'after:create_revision': [{ upload: 'site' }] } },
    { 'site/index.html': 'hi', 'site/key': 'secret', 'site/private/list': 'names' },
  );
  const modes =
    'chmod 755 site; chmod 644 site/index.html site/private/list; chmod 600 site/key; chmod 700 site/private';
  await run('sh', ['-ec', modes], workspace.path);
  await server.sh('mkdir -m 755 revisions; chown "$(stat -c %u:%g .)" revisions; setfacl -d -m u:12345:rwx revisions');
  const inputs = { key: server.keyText, 'known-hosts': server.knownHosts, user: server.user };
  for (const revision of ['v1', 'v2']) {
    const more = { revision, host: server.host, port: String(server.port) };
    const { code, stdout } = await runAction({ cwd: workspace.path, inputs: { ...inputs, ...more }, ...entry });
    assert.equal(code, 0, stdout);
    const shown = await server.sh(`cd current/ && getfacl -cEn index.html key private private/list | grep -v default`);
    const block = (mask: string, other: string, user = 'rw-'): string =>
      `user::${user}\nuser:12345:rwx\ngroup::r-x\nmask::${mask}\nother::${other}`;
    const [open, closed] = [block('rw-', 'r--'), block('---', '---')];
    assert.equal(shown.trimEnd(), [open, closed, block('---', '---', 'rwx'), open].join('\n\n'));
    assert.match(stdout, /upload of site: closed to group or others, as here: 2 of its files and directories/);
  }
});

test('what is uploaded belongs to the group that its directory hands down, also where the user is not in it', async () => {
  await using server = await startSshd();
  await using workspace = await createWorkspace(
    {
      config: { base_dir: server.root, umask: '027' },
      events: { 'after:create_revision': [{ upload: 'site' }] },
    },
    { 'site/index.html': 'hi', 'site/below/page.html': 'there', 'site/empty/.keep': '' },
  );
  await server.sh('mkdir revisions; chown "$(stat -c %u .):12345" revisions; chmod 2755 revisions');
  const inputs = { key: server.keyText, 'known-hosts': server.knownHosts, user: server.user };
  for (const revision of ['v1', 'v2']) {
    const more = { revision, host: server.host, port: String(server.port) };
    const { code, stdout } = await runAction({ cwd: workspace.path, inputs: { ...inputs, ...more }, ...entry });
    assert.equal(code, 0, stdout);
    const shown = await server.sh(
      'cd current/ && stat -c "%n %a %g" index.html below below/page.html empty empty/.keep',
    );
    const expected = ['index.html 640', 'below 2750', 'below/page.html 640', 'empty 2750', 'empty/.keep 640'];
    assert.deepEqual(
      shown.trimEnd().split('\n'),
      expected.map((line) => `${line} 12345`),
      revision,
    );
    await run('sh', ['-ec', 'echo more >>site/below/page.html'], workspace.path);
  }
});
