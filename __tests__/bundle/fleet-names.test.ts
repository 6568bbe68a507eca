import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startSshd } from '../rig/sshd.ts';
import { logOf, siteOn, type Site } from './site.ts';

const server = await startSshd();
after(async () => server[Symbol.asyncDispose]());

/** Targets a and b, of which b has v1 already. */
async function twoTargets(events: object = {}): Promise<Site> {
  const site = await siteOn(server);
  const target = (name: string): object => {
    const { host, port, user } = server;
    return { name, host, port, user, base_dir: `${site.base}/${name}` };
  };
  const { knownHosts } = server;
  const run: Site['run'] = async (inputs) =>
    site.run({ ...{ host: '', user: '', port: '', 'known-hosts': knownHosts, revision: 'v1' }, ...inputs });
  await site.put('mkdir a b');
  await site.workspace.configure({ events, config: { targets: [target('a'), target('b')], sync: false } });
  const first = await run({ host: 'b', listeners: 'false' });
  assert.equal(first.code, 0, logOf(first));
  return { ...site, run };
}

describe('a name that is taken on one target', { concurrency: true }, () => {
  const listener = { run: 'pwd >> ../../../paths' };

  for (const [how, events] of [
    ['without listeners', {}],
    ['before any listener sees it', { 'after:create_revision': [listener], 'after:create_symlinks': [listener] }],
  ] as const) {
    test(`gets its ending on all alike, ${how}`, async () => {
      await using site = await twoTargets(events);
      const run = await site.run({});
      assert.equal(run.code, 0, logOf(run));
      const name = run.outputs['revision'] ?? '';
      assert.match(name, /^v1-\d{10}$/);
      assert.deepEqual((await site.sh('readlink a/current b/current')).split('\n'), [
        `${site.base}/a/revisions/${name}`,
        `${site.base}/b/revisions/${name}`,
      ]);
      assert.equal(await site.sh('ls a/revisions'), name, 'nothing is left under the other name');
      assert.equal(await site.sh('ls b/revisions'), `v1\n${name}`);
      const paths = (await site.sh('sort -u paths 2>/dev/null || true')).split('\n').filter((path) => path !== '');
      const seen = 'after:create_revision' in events ? ['a', 'b'] : [];
      assert.deepEqual(
        paths,
        seen.map((target) => `${site.base}/${target}/revisions/${name}`),
      );
    });
  }

  test('a dry run shows the name that all would get', async () => {
    await using site = await twoTargets();
    const run = await site.run({ 'dry-run': 'true' });
    assert.equal(run.code, 0, logOf(run));
    for (const target of ['a', 'b']) {
      assert.match(run.stdout, new RegExp(`create +revision ${site.base}/${target}/revisions/v1-\\d{10}`));
    }
  });
});
