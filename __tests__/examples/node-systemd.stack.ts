import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startNetwork } from '../rig/network.ts';
import { blockUnder, readExample } from './page.ts';
import { createRepository, firstSteps, workflowOf } from './set-up.ts';

const network = await startNetwork({ 'app.example.com': { address: '203.0.113.10' } });
after(async () => network[Symbol.asyncDispose]());
const server = await network.server('app.example.com');
const access = await firstSteps(network, server, '/srv/app');
const site = await createRepository(network, 'node-systemd', access);
after(async () => site[Symbol.asyncDispose]());

const deploy = workflowOf('node-systemd');
const rollBack = workflowOf('roll-back', 'roll-back.yml');
const status = workflowOf('roll-back', 'status.yml');
const url = 'http://app.example.com:3000/';
const browse = async (): Promise<string> => network.runner.sh(`curl -sS ${url}`);

async function write(version: string, health = `response.end('well')`): Promise<void> {
  const files = { 'version.json': `"${version}"`, 'health.js': `module.exports = (response) => ${health};` };
  await site.workspace.write(files);
}

test('the page makes a server of a stock Debian', async () => {
  await server.sh('cat >app.service', { stdin: readExample('node-systemd', 'server/app.service') });
  await server.sh(`set -e\n${blockUnder('examples/node-systemd/README.md', 'Node with systemd', 'sh')}`);
  await server.sh('echo APP_NAME=of-the-server >/etc/app.env');
});

test('the first deploy starts the service, which may write its data', async () => {
  await write('v1');
  await site.succeed(deploy, { tag: 'v1' });
  assert.equal(await browse(), 'v1 of-the-server');
  assert.equal(await server.sh('cat /srv/app/share/data/visits'), '/');
  assert.equal(await server.sh('ps -o user= -C node'), 'app');
});

test('the second deploy restarts it', async () => {
  await write('v2');
  await site.succeed(deploy, { tag: 'v2' });
  assert.equal(await browse(), 'v2 of-the-server');
});

for (const [what, health] of [
  ['an error', `response.writeHead(500).end()`],
  ['a redirect', `response.writeHead(301, { location: '/login' }).end()`],
  ['a crash', `process.exit(1)`],
] as const) {
  test(`a check that finds ${what} goes back`, async () => {
    await write('v3', health);
    await site.end('returned', deploy, { tag: 'v3' });
    assert.equal(await browse(), 'v2 of-the-server');
  });
}

test('without its data nothing is switched', async () => {
  await server.sh('mv /srv/app/share/data /srv/app/share/away');
  await write('v4');
  await site.end('failed', deploy, { tag: 'v4' });
  await server.sh('mv /srv/app/share/away /srv/app/share/data');
});

test('the other example rolls back and shows the status, with the config of this one', async () => {
  await site.succeed(rollBack, { inputs: { revision: '', 'dry-run': true, listeners: true } });
  assert.equal(await browse(), 'v2 of-the-server');
  const [run] = await site.succeed(rollBack, { inputs: { revision: '', 'dry-run': false, listeners: true } });
  assert.equal(await browse(), 'v1 of-the-server');
  assert.match(run?.summary ?? '', /^From v2 to v1$/m);
  const [shown] = await site.succeed(status);
  assert.match(shown?.actions[0]?.summary ?? '', /v1/);
});
