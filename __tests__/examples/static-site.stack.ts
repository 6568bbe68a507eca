import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startNetwork } from '../rig/network.ts';
import { blockUnder } from './page.ts';
import { createRepository, firstSteps, workflowOf } from './set-up.ts';

const network = await startNetwork({ 'app.example.com': { address: '203.0.113.10' } });
after(async () => network[Symbol.asyncDispose]());
const server = await network.server('app.example.com');
const access = await firstSteps(network, server, '/var/www/app');
const site = await createRepository(network, 'static-site', access);
after(async () => site[Symbol.asyncDispose]());

const browse = async (path = ''): Promise<string> => network.runner.sh(`curl -sS http://app.example.com/${path}`);
const write = async (version: string): Promise<void> => site.workspace.write({ 'src/index.html': version });

test('two deploys and a rollback of what was built, under a stock nginx', async () => {
  await server.sh(`systemctl start nginx.service\n${blockUnder('README.md', 'First deploy', 'sh', 'sites-available')}`);
  for (const version of ['v1', 'v2']) {
    await write(version);
    await site.succeed(workflowOf('static-site'), { tag: version });
    assert.equal(await browse(), version);
  }
  assert.match(await browse('app.js.map'), /404 Not Found/, 'what is excluded is not there');
  await site.succeed(workflowOf('roll-back', 'roll-back.yml'), {
    inputs: { revision: '', 'dry-run': false, listeners: true },
  });
  assert.equal(await browse(), 'v1');
});
