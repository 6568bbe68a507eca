import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Machine } from '../rig/machine.ts';
import { startNetwork } from '../rig/network.ts';
import { visitDuring } from '../rig/visitor.ts';
import { blocksUnder, blockUnder, readExample } from './page.ts';
import { createRepository, firstSteps, letIn, workflowOf } from './set-up.ts';

const page = 'examples/rolling/README.md';
const heading = 'One server after another, without a failed request';
const network = await startNetwork({
  'balancer.example.com': { address: '10.0.0.2' },
  'app.example.com': { address: '10.0.0.2' },
  app1: { address: '10.0.0.11' },
  app2: { address: '10.0.0.12' },
  app3: { address: '10.0.0.13' },
});
after(async () => network[Symbol.asyncDispose]());
const balancer = await network.server('balancer.example.com');
const apps = [await network.server('app1'), await network.server('app2'), await network.server('app3')];
const [first] = apps;
if (first === undefined) throw new Error('There are three');
const access = await firstSteps(network, first, '/srv/app');
const site = await createRepository(network, 'rolling', access);
after(async () => site[Symbol.asyncDispose]());

const deploy = workflowOf('rolling');
const step = (language: string, holding = ''): string => blockUnder(page, heading, language, holding);
const write = async (version: string, ill = ''): Promise<void> =>
  site.workspace.write({ 'version.json': JSON.stringify({ version, ill }) });
const live = async (): Promise<readonly string[]> =>
  Promise.all(apps.map(async (app) => app.sh('curl -s http://127.0.0.1:3000/')));
const rotation = async (): Promise<string> => balancer.sh('cat /etc/nginx/rotation/*.conf');
const url = 'http://app.example.com/';

async function service(app: Machine): Promise<void> {
  if (app !== first) await letIn(app, '/srv/app', access.publicKey);
  await app.sh('cat >app.service', { stdin: readExample('node-systemd', 'server/app.service') });
  await app.sh(`set -e\n${blockUnder('examples/node-systemd/README.md', 'Node with systemd', 'sh')}`);
}

test('the page makes a balancer and three servers of stock Debians', async () => {
  await balancer.sh('systemctl start nginx.service && cat >rotate', { stdin: readExample('rolling', 'server/rotate') });
  await balancer.sh(`set -e\n${step('sh', 'install -m 755 rotate')}`);
  for (const app of apps) {
    await service(app);
    const key = (await app.sh(`set -e\n${step('sh', 'ssh-keygen -q')}`)).split('\n').at(-1) ?? '';
    const own = step('sh', 'authorized_keys').replaceAll('10.0.0.11', app.address);
    await balancer.sh(`set -e\n${own.replace('ssh-ed25519 AAAA…', key)}`);
  }
  await balancer.sh('cat >/etc/nginx/sites-available/app', { stdin: step('nginx') });
  const last = blocksUnder(page, heading)
    .filter(({ language }) => language === 'sh')
    .at(-1);
  // A request that nginx gives to another server after a failure would hide that failure.
  await balancer.sh(`echo 'proxy_next_upstream off;' >/etc/nginx/conf.d/tests.conf\nset -e\n${last?.text ?? ''}`);
  const scan = apps.map(({ address }) => address).join(' ');
  await network.runner.sh(`mkdir deploy && ssh-keyscan -t ed25519 ${scan} >deploy/known_hosts`, {
    cwd: site.workspace.path,
  });
});

test('the key of a server turns that server, and does nothing else', async () => {
  const ssh = 'ssh -n -o BatchMode=yes rotation@balancer.example.com';
  const more = await first.attempt(`${ssh} 'in 10.0.0.12; id'`, { user: 'deploy' });
  assert.deepEqual([more.code, more.stdout], [2, '']);
  await first.sh(`${ssh} out`, { user: 'deploy' });
});

test('the first deploy takes all three in', async () => {
  await write('v0');
  await site.succeed(deploy, { tag: 'v0' });
  assert.deepEqual(await live(), ['v0', 'v0', 'v0']);
  assert.equal(await rotation(), apps.map(({ address }) => `server ${address}:3000;`).join('\n'));
});

test('over ten deploys and two that fail, a visitor sees not one failed request', { timeout: 900_000 }, async (t) => {
  const visits = await visitDuring(network.runner, url, async () => {
    for (let number = 1; number <= 10; number += 1) {
      const [version, before] = [`v${number}`, `v${number - 1}`];
      const ill = number === 4 ? 'app1' : number === 8 ? 'app3' : undefined;
      if (ill !== undefined) {
        await write('ill', ill);
        await site.end('returned', deploy, { tag: `${version}-ill` });
        assert.deepEqual(await live(), [before, before, before]);
        assert.doesNotMatch(await rotation(), /down/);
      }
      await write(version);
      await site.succeed(deploy, { tag: version });
      assert.deepEqual(await live(), [version, version, version]);
    }
  });
  t.diagnostic(JSON.stringify(visits));
  assert.deepEqual(visits.failures, {});
  assert.deepEqual(
    Object.keys(visits.answers).filter((answer) => !/^200 (?:v\d+|ill)$/.test(answer)),
    [],
  );
});

test('a server that was drained when the run failed before its switch is let in again', async () => {
  const config = readExample('rolling', 'shipper.json');
  const failing = config.replace('"timeout": 60 }]', '"timeout": 60 }, { "run": "false", "on": "app2" }]');
  assert.notEqual(failing, config);
  await site.workspace.configure(failing);
  await write('v11');
  await site.end('returned', deploy, { tag: 'v11' });
  await site.workspace.configure(config);
  assert.ok((await live()).every((version) => version !== 'v11'));
  assert.doesNotMatch(await rotation(), /down/);
});
