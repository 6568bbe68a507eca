import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type ActionRun, runAction } from '../rig/action.ts';
import { startNetwork } from '../rig/network.ts';
import { visitDuring } from '../rig/visitor.ts';
import { createWorkspace } from '../rig/workspace.ts';
import { blockUnder } from './page.ts';
import { copyApplication, firstSteps } from './set-up.ts';

const heading = 'Node with pm2, without a gap';
const page = 'docs/listeners.md';
const network = await startNetwork({ 'app.example.com': { address: '203.0.113.10' } });
after(async () => network[Symbol.asyncDispose]());
const server = await network.server('app.example.com');
const { key, knownHosts } = await firstSteps(network, server, '/srv/app');
const site = await createWorkspace(blockUnder(page, heading, 'json'));
after(async () => site[Symbol.asyncDispose]());
copyApplication('pm2', site.path);
await site.write({ 'ecosystem.config.cjs': blockUnder(page, heading, 'js', 'module.exports') });

const url = 'http://app.example.com:3000/';
const browse = async (): Promise<string> => network.runner.sh(`curl -sS ${url}`);

async function act(version: string, inputs = {}): Promise<ActionRun> {
  await site.write({ 'version.json': `"${version}"` });
  const all = { host: 'deploy@app.example.com', key, 'known-hosts': knownHosts, revision: version, ...inputs };
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', SHIP_REVISIONS_TO_KEEP: '1' };
  return runAction({ cwd: site.path, node: network.node, inputs: all, env });
}

async function succeed(version: string, inputs = {}): Promise<void> {
  const run = await act(version, inputs);
  assert.equal(run.code, 0, run.lines.join('\n'));
}

test('the first deploy starts pm2 in cluster mode', async () => {
  await succeed('v1');
  assert.equal(await browse(), 'v1 /srv/app/revisions/v1');
});

test('visitors of more deploys than are kept, of a failing one and of a rollback see no failure', async () => {
  const visits = await visitDuring(network.runner, url, async () => {
    for (const version of ['v2', 'v3', 'v4']) await succeed(version);
    assert.equal(await browse(), 'v4 /srv/app/revisions/v4');
    const run = await act('v5-ill');
    assert.equal(run.result?.status, 'returned', run.lines.join('\n'));
    await succeed('v4', { command: 'rollback', revision: '' });
    assert.equal(await browse(), 'v3 /srv/app/revisions/v3');
  });
  assert.deepEqual(visits.failures, {});
  const seen = Object.keys(visits.answers).map((answer) => answer.split(' ')[1]);
  assert.deepEqual([...new Set(seen)].sort(), ['v1', 'v2', 'v3', 'v4', 'v5-ill']);
});

test('nothing of pm2 is left in a revision that is gone', async () => {
  const gone = await server.attempt("ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -F '(deleted)'");
  assert.equal(gone.stdout, '');
  assert.equal(await server.sh('readlink "/proc/$(cat .pm2/pm2.pid)/cwd"', { user: 'deploy' }), '/srv/app');
});
