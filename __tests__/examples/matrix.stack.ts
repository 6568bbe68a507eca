import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type ActionRun, runAction } from '../rig/action.ts';
import type { Machine } from '../rig/machine.ts';
import { startNetwork } from '../rig/network.ts';
import { createWorkspace } from '../rig/workspace.ts';
import { type JobRun, runWorkflow } from '../rig/workflow.ts';
import { blockUnder } from './page.ts';
import { firstSteps, letIn } from './set-up.ts';

const heading = 'A fleet that outgrows one runner';
const names = ['eu-1', 'eu-2', 'us-1', 'us-2'];
const network = await startNetwork(
  Object.fromEntries(names.map((name, index) => [name, { address: `10.0.0.1${index}` }])),
);
after(async () => network[Symbol.asyncDispose]());
const servers: Machine[] = [];
for (const name of names) servers.push(await network.server(name));
const [first, second, , last] = servers;
if (first === undefined || second === undefined || last === undefined) throw new Error('There are four');
const access = await firstSteps(network, first, '/var/www/app');
for (const server of servers) if (server !== first) await letIn(server, '/var/www/app', access.publicKey);
const knownHosts = await network.runner.sh(`ssh-keyscan -t ed25519 ${names.join(' ')}`);

const workflow = blockUnder('docs/configuration.md', heading, 'yaml');
const site = await createWorkspace({
  events: {
    'after:create_revision': [{ upload: 'dist' }],
    'after:link_current_revision': [{ run: 'echo "$SHIPPER_REVISION" >>~/restarts\n! test -e /srv/ill' }],
  },
  config: { targets: names.map((name) => ({ name, host: name, user: 'deploy' })), base_dir: '/var/www/app' },
});
after(async () => site[Symbol.asyncDispose]());
await site.write({ 'dist/index.html': 'site', '.github/known_hosts': knownHosts });

const deploy = async (tag: string, id: string): Promise<readonly JobRun[]> =>
  runWorkflow(workflow, { network, workspace: site.path, secrets: { DEPLOY_KEY: access.key }, tag, id });
const active = async (): Promise<readonly string[]> =>
  Promise.all(servers.map(async (server) => server.sh('basename "$(readlink /var/www/app/current)"')));
const concluded = (jobs: readonly JobRun[]): readonly string[] =>
  jobs.map(({ name, conclusion }) => `${name}: ${conclusion}`);
const good = ['before: success', 'prepare (eu-*): success', 'prepare (us-*): success'];

test('two deploys of a matrix reach all shards', async () => {
  for (const [tag, id] of [
    ['v1', '101'],
    ['v2', '102'],
  ] as const) {
    const jobs = await deploy(tag, id);
    const log = jobs.map((job) => job.log).join('\n');
    assert.deepEqual(concluded(jobs), [...good, 'activate (eu-*): success', 'activate (us-*): success'], log);
    assert.deepEqual(await active(), Array(4).fill(`${tag}-${id}`));
  }
});

test('where the second shard fails, the first is put back by name, and nobody goes too far', async () => {
  await last.sh('touch /srv/ill');
  const jobs = await deploy('v3', '103');
  await last.sh('rm /srv/ill');
  const ends = [
    'activate (eu-*): success',
    'activate (us-*): failure',
    'put-back (eu-*): success',
    'put-back (us-*): success',
  ];
  assert.deepEqual(concluded(jobs), [...good, ...ends], jobs.map((job) => job.log).join('\n'));
  assert.deepEqual(await active(), Array(4).fill('v2-102'));
  assert.equal(await first.sh('tail -n 2 ~deploy/restarts'), 'v3-103\nv2-102');
  assert.deepEqual(
    jobs.slice(-2).map(({ actions: [action] }) => action?.result?.status),
    ['succeeded', 'unchanged'],
  );
});

test('where the first shard fails, the second does not switch', async () => {
  await second.sh('touch /srv/ill');
  const jobs = await deploy('v4', '104');
  await second.sh('rm /srv/ill');
  const ends = ['activate (eu-*): failure', 'put-back (eu-*): success', 'put-back (us-*): success'];
  assert.deepEqual(concluded(jobs), [...good, ...ends], jobs.map((job) => job.log).join('\n'));
  assert.deepEqual(await active(), Array(4).fill('v2-102'));
  const again = await deploy('v4', '105');
  assert.deepEqual(concluded(again).slice(-2), ['activate (eu-*): success', 'activate (us-*): success']);
});

test('targets that only run commands switch and go back with the fleet', async () => {
  const text = blockUnder('docs/configuration.md', 'Targets that only run commands', 'json');
  const hosts = { 'web.example.com': 'eu-1', 'worker1.example.com': 'us-1', 'worker2.example.com': 'us-2' };
  const config = Object.entries(hosts).reduce((sofar, [name, host]) => sofar.replace(name, host), text);
  await using share = await createWorkspace(config, { 'dist/worker.js': 'setInterval(() => undefined, 1000);' });
  const unit = '[Service]\nUser=deploy\nWorkingDirectory=/var/lib/shipper/current\nExecStart=/usr/bin/node worker.js\n';
  for (const server of servers) {
    await server.sh(
      `install -d -o deploy /mnt/share /mnt/share/app /var/lib/shipper && cat >/etc/systemd/system/worker.service
      echo 'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart worker.service' >/etc/sudoers.d/deploy-worker`,
      { stdin: unit },
    );
  }
  const run = async (revision: string): Promise<ActionRun> => {
    const inputs = { user: 'deploy', key: access.key, 'known-hosts': knownHosts, revision };
    return runAction({ cwd: share.path, node: network.node, inputs, env: { PATH: '/usr/local/bin:/usr/bin:/bin' } });
  };
  const done = await run('v1');
  assert.equal(done.code, 0, done.lines.join('\n'));
  assert.equal(await first.sh('basename "$(readlink /mnt/share/app/current)"'), 'v1');
  assert.equal((await first.attempt('pgrep -x node')).code, 1, 'no worker where the files are');
  await last.sh('pgrep -x node && rm /etc/sudoers.d/deploy-worker');
  assert.equal((await run('v2')).result?.status, 'returned');
  assert.equal(await first.sh('basename "$(readlink /mnt/share/app/current)"'), 'v1');
});
