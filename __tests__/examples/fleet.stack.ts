import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Machine } from '../rig/machine.ts';
import { startNetwork } from '../rig/network.ts';
import { blockUnder, readExample } from './page.ts';
import { createRepository, firstSteps, letIn, workflowOf } from './set-up.ts';

const page = 'examples/fleet/README.md';
const within = (address: string): { address: string; behind: string } => ({ address, behind: 'bastion.example.com' });
const network = await startNetwork({
  'bastion.example.com': { address: '203.0.113.20' },
  // The site's face to the world: a balancer, which in this test is on the jump host.
  'app.example.com': { address: '203.0.113.20' },
  web1: within('10.0.0.11'),
  web2: within('10.0.0.12'),
  web3: within('10.0.0.13'),
  jobs: within('10.0.0.20'),
});
after(async () => network[Symbol.asyncDispose]());
const bastion = await network.server('bastion.example.com');
const webs = [await network.server('web1'), await network.server('web2'), await network.server('web3')];
const jobs = await network.server('jobs');
const access = await firstSteps(network, bastion, '/srv/none');
const secrets = { DATABASE_URL: 'postgres://somewhere', SLACK_WEBHOOK: 'http://127.0.0.1:4000/' };
const site = await createRepository(network, 'fleet', access, secrets);
after(async () => site[Symbol.asyncDispose]());

const slack = network.runner.start(
  `exec node -e "require('node:http').createServer((q, r) => q.on('data', (d) => console.log(String(d)))
    .on('end', () => r.end())).listen(4000, () => console.log('up'))"`,
);
let told = '';
slack.stdout?.setEncoding('utf8').on('data', (text: string) => (told += text));
await new Promise((resolve) => slack.stdout?.once('data', resolve));
after(() => slack.kill());
let failed = 0;

const deploy = workflowOf('fleet');
const step = (language: string, holding: string): string => blockUnder(page, 'Several servers', language, holding);
/** The version that is live on each. */
const active = async (machines: readonly Machine[], base = '/srv/web'): Promise<readonly string[]> =>
  Promise.all(machines.map(async (machine) => machine.sh(`jq -r .version ${base}/current/version.json`)));
const write = async (version: string, ill = ''): Promise<void> =>
  site.workspace.write({ 'src/version.json': JSON.stringify({ version, ill }) });
/** What the runner has from whoever runs the balancer: the authority that signed its certificate. */
const options = (tag: string, hosts = ''): object => ({
  tag,
  inputs: { hosts },
  env: { NODE_EXTRA_CA_CERTS: '/root/ca.pem' },
});

test('the page makes a jump host and four servers of stock Debians', async () => {
  const { publicKey } = access;
  await bastion.sh(`set -e\n${step('sh', 'permitopen').replace(/ssh-ed25519 AAAA…[^']*/, publicKey)}`);
  for (const machine of [...webs, jobs]) {
    const name = machine === jobs ? 'jobs' : 'web';
    await letIn(machine, `/srv/${name}`, publicKey);
    await machine.sh(`cat >${name}.service`, { stdin: readExample('fleet', `server/${name}.service`) });
    await machine.sh(`set -e\n${step('sh', `install -m 644 ${name}.service`)}`);
  }
  const blocked = await network.runner.attempt('curl --max-time 1 http://10.0.0.11/');
  assert.notEqual(blocked.code, 0, 'the runner cannot reach them by itself');
});

test('the host keys of servers behind the jump host are fetched by way of it', async () => {
  await bastion.sh(
    'useradd --create-home you && install -d -o you -m 700 ~you/.ssh && cat >~you/.ssh/authorized_keys',
    {
      stdin: await network.runner.sh(
        'ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519 && cat ~/.ssh/id_ed25519.pub',
      ),
    },
  );
  await network.runner.sh('cp ~/.ssh/app_host ~/.ssh/known_hosts');
  const shown = await network.runner.sh(`set -e\n${step('sh', 'ssh-keyscan')}`, { cwd: site.workspace.path });
  assert.equal(shown.split('\n').length, 5);
  for (const machine of [bastion, ...webs, jobs]) {
    const own = await machine.sh('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
    assert.ok(shown.includes(own.split(' ')[1] ?? '-'), `${machine.name}:\n${shown}`);
  }
});

test('a balancer asks the three web servers, over TLS', async () => {
  const certificate = `openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=app.example.com
    -addext subjectAltName=DNS:app.example.com -keyout /etc/nginx/key.pem -out /etc/nginx/cert.pem 2>/dev/null`;
  const upstream = webs.map(({ address }) => `server ${address}:3000;`).join(' ');
  await bastion.sh(
    `${certificate.replaceAll('\n', ' ')}\ncat >/etc/nginx/conf.d/app.conf\nsystemctl start nginx.service`,
    {
      stdin: `upstream web { ${upstream} }
      server { listen 443 ssl; server_name app.example.com; ssl_certificate cert.pem; ssl_certificate_key key.pem;
        location / { proxy_pass http://web; } }`,
    },
  );
  await network.runner.sh('cat >~/ca.pem', { stdin: await bastion.sh('cat /etc/nginx/cert.pem') });
});

test('the first deploy and the second reach all four; migrations run once, with their secret', async () => {
  for (const version of ['v1', 'v2']) {
    await write(version);
    const [job] = await site.succeed(deploy, options(version));
    assert.match(job?.actions[0]?.summary ?? '', /^\S+ is live on web1, web2, web3, jobs\.$/m);
    assert.deepEqual(await active(webs), [version, version, version]);
    assert.deepEqual(await active([jobs], '/srv/jobs'), [version]);
  }
  const migrated = await Promise.all(webs.map(async (machine) => machine.sh('cat /tmp/migrated 2>/dev/null || :')));
  assert.deepEqual(migrated, ['postgres://somewhere\npostgres://somewhere', '', '']);
  assert.match(await jobs.sh('cat /var/log/jobs.service.log'), /^v1\nv2$/);
});

for (const [what, ill] of [
  ['one server fails its check', 'web2'],
  ['the site redirects where it is asked from outside', 'site'],
] as const) {
  test(`where ${what}, all four go back and run the old version, and Slack is told`, async () => {
    await write('v3', ill);
    await site.end('returned', deploy, options('v3'));
    assert.equal(told.match(/"text": "deploy of \S+ to web1,web2,web3,jobs failed"/g)?.length, (failed += 1));
    assert.deepEqual(await active([...webs]), ['v2', 'v2', 'v2']);
    assert.deepEqual(await active([jobs], '/srv/jobs'), ['v2']);
    for (const machine of webs) assert.equal(await machine.sh('curl -s http://127.0.0.1:3000/'), 'v2');
    assert.match(await jobs.sh('tail -n 1 /var/log/jobs.service.log'), /^v2$/);
  });
}

test('started by hand for some, it leaves the others alone', async () => {
  await write('v4');
  await site.succeed(deploy, options('v4', 'web*,!web3'));
  assert.deepEqual(await active(webs), ['v4', 'v4', 'v2']);
  assert.deepEqual(await active([jobs], '/srv/jobs'), ['v2']);
});
