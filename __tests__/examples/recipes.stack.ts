import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type ActionRun, runAction } from '../rig/action.ts';
import { startNetwork } from '../rig/network.ts';
import { createWorkspace, type Workspace } from '../rig/workspace.ts';
import { blockUnder } from './page.ts';
import { copyApplication, firstSteps } from './set-up.ts';

const page = 'docs/listeners.md';
const network = await startNetwork({ 'app.example.com': { address: '203.0.113.10' } });
after(async () => network[Symbol.asyncDispose]());
const server = await network.server('app.example.com');
const { key, knownHosts } = await firstSteps(network, server, '/var/www/app');
await server.sh('systemctl start nginx.service php8.4-fpm.service && install -d -o deploy /srv/app /srv/app/share');

/** A repository whose config is that of a recipe. */
async function recipe(heading: string, application?: string): Promise<Workspace> {
  const workspace = await createWorkspace(blockUnder(page, heading, 'json'));
  if (application !== undefined) copyApplication(application, workspace.path);
  return workspace;
}

async function deploy(workspace: Workspace, revision: string, env = {}): Promise<ActionRun> {
  const inputs = { host: 'deploy@app.example.com', key, 'known-hosts': knownHosts, revision };
  return runAction({
    cwd: workspace.path,
    node: network.node,
    inputs,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env },
  });
}

async function succeed(workspace: Workspace, revision: string): Promise<void> {
  const run = await deploy(workspace, revision);
  assert.equal(run.code, 0, run.lines.join('\n'));
}

test('build on the runner and upload', async () => {
  await using site = await recipe('Build on the runner and upload');
  await site.write({ 'dist/index.html': 'built' });
  await succeed(site, 'upload');
  assert.equal(await server.sh('cat /var/www/app/current/index.html'), 'built');
});

test('install dependencies on the target', async () => {
  await using site = await recipe('Install dependencies on the target', 'node-systemd');
  await site.write({
    'composer.json': '{ "name": "octo-org/site", "autoload": { "classmap": ["app/"] } }',
    'app/Site.php': '<?php class Site {}',
    'node_modules/not/this': 'one',
  });
  await succeed(site, 'dependencies');
  await server.sh(
    'cd /var/www/app/current && test -f vendor/autoload.php && test -f node_modules/answer/index.js && ! test -e node_modules/not',
  );
});

test('reload a service, with the line for sudo as printed', async () => {
  const heading = 'Reload a service';
  await using site = await recipe(heading);
  await site.write({ 'public/index.php': '<?php' });
  const refused = await deploy(site, 'without-sudo');
  assert.equal(refused.result?.status, 'returned', refused.lines.join('\n'));
  await server.sh(`set -e\n${blockUnder(page, heading, 'sh', 'sudoers.d')}`);
  await server.sh(`set -e\n${blockUnder(page, heading, 'sh', 'process_control_timeout')}`);
  const workers = await server.sh('pgrep -f "pool www"');
  await succeed(site, 'with-sudo');
  assert.notEqual(await server.sh('pgrep -f "pool www"'), workers);
  const more = await server.attempt('sudo -n systemctl restart php8.4-fpm.service', { user: 'deploy' });
  assert.notEqual(more.code, 0, 'nothing else is allowed');
});

test('Laravel: migrate once; without .env nothing is switched', async () => {
  await using site = await recipe('Laravel: migrate once', 'laravel');
  await site.write({ 'vendor/autoload.php': '<?php' });
  const dangling = await deploy(site, 'dangling');
  assert.equal(dangling.result?.status, 'failed', dangling.lines.join('\n'));
  const storage = ['app/public', 'framework/cache/data', 'framework/views', 'logs'].map(
    (name) => `share/storage/${name}`,
  );
  await server.sh(
    `cd /var/www/app && mkdir -p ${storage.join(' ')} && echo APP_NAME=x >share/.env && chown -R deploy share`,
  );
  await succeed(site, 'laravel');
  await server.sh('test -f /var/www/app/share/storage/database.sqlite');
});

test('check health, and go back if it fails', async () => {
  await using site = await recipe('Check health, and go back if it fails');
  const unit = '[Service]\nUser=deploy\nWorkingDirectory=/srv/app/current\nExecStart=/usr/bin/node server.js\n';
  await server.sh('cat >/etc/systemd/system/app.service', { stdin: unit });
  await server.sh(
    "echo 'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart app.service' >/etc/sudoers.d/deploy-app",
  );
  const serve = (status: number): string =>
    `require('node:http').createServer((q, r) => r.writeHead(${status}, { location: '/' }).end('${status}')).listen(3000);`;
  await site.write({ 'dist/server.js': serve(200) });
  await succeed(site, 'well');
  for (const status of [500, 302]) {
    await site.write({ 'dist/server.js': serve(status) });
    const run = await deploy(site, `ill-${status}`);
    assert.equal(run.result?.status, 'returned', run.lines.join('\n'));
    assert.equal(await server.sh('curl -s http://127.0.0.1:3000/'), '200');
  }
});

test('tell Slack about a failure', async () => {
  await using site = await recipe('Tell Slack about a failure');
  const config = blockUnder(page, 'Tell Slack about a failure', 'json');
  await site.configure(config.replace('"events": {', '"events": { "before:completion": [{ "run": "false" }],'));
  const listener = `require('node:http').createServer((q, r) => q.on('data', (d) => console.log(String(d))).on('end', () => r.end())).listen(4000, () => console.log('up'))`;
  const slack = network.runner.start(`exec node -e "${listener}"`);
  let told = '';
  slack.stdout?.setEncoding('utf8').on('data', (text: string) => (told += text));
  await new Promise((resolve) => slack.stdout?.once('data', resolve));
  await deploy(site, 'told', { SLACK_WEBHOOK: 'http://127.0.0.1:4000/' });
  slack.kill();
  assert.match(
    told,
    /^\{"text": "deploy of told failed: https:\/\/github\.com\/octo-org\/site\/actions\/runs\/\d+"\}$/m,
  );
});

/** No engine of Docker runs in these machines: what the CLI is asked for is looked at. */
test('Docker Compose, as far as its command line goes', async () => {
  await using site = await recipe('Docker Compose');
  const docker =
    '#!/bin/sh\nread -r image <compose.yaml && . ./.env\necho "$* $image $SECRET" >>~/docker\n[ "$image" != "image: ill" ] || [ "$4" != up ]\n';
  await server.sh(
    'rm -rf /srv/app/current /srv/app/revisions && cat >/usr/local/bin/docker && chmod 755 /usr/local/bin/docker',
    { stdin: docker },
  );
  await server.sh('echo SECRET=yes >/srv/app/share/.env');
  await site.write({ 'compose.yaml': 'image: well\n' });
  await succeed(site, 'well');
  await site.write({ 'compose.yaml': 'image: ill\n' });
  const run = await deploy(site, 'ill');
  assert.equal(run.result?.status, 'returned', run.lines.join('\n'));
  const up = 'compose -p app up -d --wait --remove-orphans image:';
  const pull = 'compose -p app pull --quiet image:';
  const asked = (await server.sh('cat ~deploy/docker')).split('\n');
  assert.deepEqual(asked, [`${pull} well yes`, `${up} well yes`, `${pull} ill yes`, `${up} ill yes`, `${up} well yes`]);
});
