import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startNetwork } from '../rig/network.ts';
import { visitDuring } from '../rig/visitor.ts';
import { blocksUnder, blockUnder } from './page.ts';
import { createRepository, firstSteps, workflowOf } from './set-up.ts';

const page = 'examples/laravel/README.md';
const network = await startNetwork({ 'app.example.com': { address: '203.0.113.10' } });
after(async () => network[Symbol.asyncDispose]());
const server = await network.server('app.example.com');
const access = await firstSteps(network, server, '/var/www/app');
const site = await createRepository(network, 'laravel', access);
after(async () => site[Symbol.asyncDispose]());

const deploy = workflowOf('laravel');
const rollBack = workflowOf('roll-back', 'roll-back.yml');
const url = 'http://app.example.com/';
const browse = async (): Promise<string> => network.runner.sh(`curl -sS ${url}`);

async function write(version: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const up = `<?php return static function (): void {};`;
  await site.workspace.write({ 'app/Version.php': `<?php const VERSION = '${version}';`, 'app/up.php': up, ...more });
}

test('the page makes a server of a stock Debian', async () => {
  await server.sh('systemctl start nginx.service php8.4-fpm.service');
  const [first, last] = blocksUnder(page, 'Laravel').filter(({ language }) => language === 'sh');
  // The packages are there already, and this server has no way to Debian.
  const [install, ...rest] = (first?.text ?? '').split('\n');
  assert.match(install ?? '', /^apt-get install --yes /);
  await server.sh(`dpkg --verify ${(install ?? '').replace('apt-get install --yes', '')}`);
  await server.sh(`set -e\n${rest.join('\n')}`);
  await server.sh('cat >/etc/nginx/sites-available/app', { stdin: blockUnder(page, 'Laravel', 'nginx') });
  await server.sh(`set -e\n${last?.text ?? ''}`);
});

test('without a filled .env nothing is switched; with it the first deploy is live', async () => {
  await server.sh('mv /var/www/app/share/.env /var/www/app/share/.env.away');
  await write('v1');
  await site.end('failed', deploy, { tag: 'v1' });
  await server.sh(
    `mv /var/www/app/share/.env.away /var/www/app/share/.env && echo APP_NAME=of-the-server >/var/www/app/share/.env`,
  );
  await site.succeed(deploy, { tag: 'v1' });
  assert.equal(await browse(), 'v1 of-the-server');
});

test('secrets are closed to others, and both users may write into the storage', async () => {
  const others = await server.attempt('cat /var/www/app/share/.env /var/www/app/current/bootstrap/cache/config.php', {
    user: 'nobody',
  });
  assert.deepEqual([others.code === 0, others.stdout], [false, '']);
  const secret = await server.sh('cat /var/www/app/current/bootstrap/cache/config.php', { user: 'www-data' });
  assert.match(secret, /of-the-server/);
  assert.equal(await server.sh('stat -c "%a %G" /var/www/app/current/bootstrap/cache/config.php'), '640 www-data');
  assert.match(await server.sh('sort -u /var/www/app/share/storage/logs/laravel.log'), /^\/\n\/up\nartisan$/);
  const code = await server.attempt('echo x >>/var/www/app/current/public/index.php', { user: 'www-data' });
  assert.notEqual(code.code, 0, 'the web server may not change the code');
});

test('visitors of the second deploy see no failure and the new code at once', async () => {
  await write('v2');
  const visits = await visitDuring(network.runner, url, async () => {
    const slow = network.runner.sh(`curl -sS ${url}slow`);
    await site.succeed(deploy, { tag: 'v2' });
    assert.equal(await browse(), 'v2 of-the-server');
    assert.match(await slow, /^v[12] of-the-server$/);
  });
  assert.deepEqual(
    [Object.keys(visits.answers).sort(), visits.failures],
    [['200 v1 of-the-server', '200 v2 of-the-server'], {}],
  );
});

for (const [what, up] of [
  ['an error', 'http_response_code(500); exit;'],
  ['a redirect', 'header("Location: https://app.example.com/up", true, 301); exit;'],
] as const) {
  test(`a check that finds ${what} goes back, and no request fails`, async () => {
    await write('v3', { 'app/up.php': `<?php return static function (): void { ${up} };` });
    const visits = await visitDuring(network.runner, url, async () => {
      await site.end('returned', deploy, { tag: 'v3' });
    });
    assert.deepEqual(visits.failures, {});
    assert.deepEqual(
      Object.keys(visits.answers).filter((answer) => !/^200 v[23] of-the-server$/.test(answer)),
      [],
    );
    assert.equal(await browse(), 'v2 of-the-server');
  });
}

test('the rollback of the other example works here, unchanged, and shows the right code even without a reload', async () => {
  await site.succeed(rollBack, { inputs: { revision: '', 'dry-run': false, listeners: true } });
  assert.equal(await browse(), 'v1 of-the-server');
  await site.succeed(rollBack, { inputs: { revision: 'v2', 'dry-run': false, listeners: false } });
  assert.equal(await browse(), 'v2 of-the-server');
});
