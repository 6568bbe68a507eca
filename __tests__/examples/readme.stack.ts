import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { page, root } from '../docs/markdown.ts';
import { startNetwork } from '../rig/network.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { type JobRun, runWorkflow } from '../rig/workflow.ts';
import { blocksUnder, blockUnder } from './page.ts';

/** A newcomer with the README alone: a computer with git, ssh and a browser, and a server with nginx and sudo. */
const readme = 'README.md';
const network = await startNetwork({ 'app.example.com': { address: '203.0.113.10' } });
after(async () => network[Symbol.asyncDispose]());
const server = await network.server('app.example.com');
const site = await temporaryDirectory('newcomer');
after(async () => site[Symbol.asyncDispose]());

/** The CLI of GitHub, as far as the page goes: it keeps what it is given. */
const gh = '#!/bin/sh\n[ "$2" = set ] && mkdir -p ~/github && cat >~/github/"$1.$3"\n';
await network.runner.sh(
  `useradd --create-home newcomer && chown newcomer ${site.path}
  cat >/usr/local/bin/gh && chmod 755 /usr/local/bin/gh`,
  { stdin: gh },
);
await server.sh(
  `useradd --create-home --shell /bin/bash admin
  echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin
  systemctl start nginx.service`,
);
const onComputer = async (script: string, stdin = ''): Promise<string> =>
  network.runner.sh(`set -e\n${script}`, { user: 'newcomer', cwd: site.path, stdin });
const onServer = async (script: string): Promise<string> => server.sh(`set -e\n${script}`, { user: 'admin' });
const kept = async (name: string): Promise<string> => onComputer(`cat ~/github/${name}`);
const browse = async (): Promise<string> => onComputer('curl -fsS http://app.example.com/');

const step = (holding: string): string => blockUnder(readme, 'First deploy', 'sh', holding);
const [deploy = ''] = page(readme)
  .blocks.filter(({ language }) => language === 'yaml')
  .map(({ text }) => text);
const rollBack = blockUnder(readme, 'Deploy and roll back', 'yaml');

async function run(workflow: string, tag: string, inputs = {}): Promise<JobRun> {
  const secrets = { DEPLOY_KEY: await kept('secret.DEPLOY_KEY') };
  const vars = { DEPLOY_KNOWN_HOSTS: await kept('variable.DEPLOY_KNOWN_HOSTS') };
  const [job] = await runWorkflow(workflow, { network, workspace: site.path, secrets, vars, inputs, tag });
  assert.ok(job);
  return job;
}

async function succeed(workflow: string, tag: string, inputs = {}): Promise<void> {
  const { conclusion, log } = await run(workflow, tag, inputs);
  assert.equal(conclusion, 'success', log);
}

test('what the first deploy prints leads to a site', async () => {
  await onComputer('git init -q && git config user.email you@example.com && git config user.name you');
  await onComputer('mkdir public && echo "version 1" >public/index.html && git add . && git commit -qm First');
  await onComputer('git init -q --bare ~/remote.git && git remote add origin ~/remote.git');
  const config = blockUnder(readme, 'First deploy', 'json');
  await onComputer('cat >shipper.json', config);
  const shown = await onComputer(step('ssh-keygen -t ed25519'));
  const publicKey = shown.split('\n').at(-1) ?? '';
  const printed = 'ssh-ed25519 AAAA… deploy from GitHub Actions';
  assert.match(publicKey, /^ssh-ed25519 AAAA\S+ deploy from GitHub Actions$/);
  await onServer(step('useradd').replace(printed, publicKey));
  const fetched = await onComputer(step('ssh-keyscan'));
  assert.equal(fetched.split(' ')[1], (await onServer(step('ssh_host_ed25519_key.pub'))).split(' ')[1]);
  await onComputer(step('gh secret set'));
  await onServer(step('sites-available'));
  // A reload returns before nginx's new processes answer.
  const code = 'curl -s -o /dev/null -w "%{http_code}" http://app.example.com/';
  await onComputer(
    `tries=100; until [ "$(${code})" = 404 ]; do tries=$((tries - 1)); test $tries -gt 0; sleep 0.1; done`,
  );
  await onComputer('mkdir -p .github/workflows && cat >.github/workflows/deploy.yml', deploy);
  assert.match(deploy, /^# \.github\/workflows\/deploy\.yml\n/);
  await onComputer(step('git tag'));
  await succeed(await onComputer('cat .github/workflows/deploy.yml'), 'v1.0.0');
  assert.equal(await browse(), 'version 1');
});

test('the second deploy, a check that fails, and the workflow that rolls back', async () => {
  await onComputer('echo "version 2" >public/index.html');
  await succeed(deploy, 'v1.1.0');
  assert.equal(await browse(), 'version 2');
  const config = await onComputer('cat shipper.json');
  const failing = `"events": {\n    "after:link_current_revision": [{ "run": "false" }],`;
  await onComputer('cat >shipper.json', config.replace('"events": {', failing));
  await onComputer('echo "version 3" >public/index.html');
  const third = await run(deploy, 'v1.2.0');
  assert.deepEqual([third.conclusion, third.actions[0]?.result?.status], ['failure', 'returned'], third.log);
  assert.equal(await browse(), 'version 2');
  await onComputer('cat >shipper.json', config);
  await succeed(rollBack, '', { revision: '', 'dry-run': true });
  assert.equal(await browse(), 'version 2');
  await succeed(rollBack, '', { revision: '', 'dry-run': false });
  assert.equal(await browse(), 'version 1');
  await succeed(rollBack, '', { revision: 'v1.1.0', 'dry-run': false });
  assert.equal(await browse(), 'version 2');
});

test('the commands for an emergency work with what the newcomer has kept', async () => {
  await onComputer('mkdir ~/upstream && cd ~/upstream && git init -q -b v1 && mkdir dist');
  for (const file of [...readdirSync(`${root}/dist`).map((name) => `dist/${name}`), 'package.json']) {
    await onComputer(`cat >~/upstream/${file}`, readFileSync(`${root}/${file}`, 'utf8'));
  }
  await onComputer(
    `cd ~/upstream && git add . && git -c user.name=x -c user.email=x@example.com commit -qm Release
    git config --global url."file://$HOME/upstream".insteadOf https://github.com/org/shipper`,
  );
  const [block] = blocksUnder(readme, 'From a terminal');
  const lines = (block?.text ?? '').replaceAll('../shipper', '~/shipper').split('\n');
  assert.equal(lines.length, 4);
  const [clone = '', status = '', back = '', named = ''] = lines;
  await onComputer(clone);
  assert.match(await onComputer(`PATH=/usr/bin:/bin\n${status}`), /v1\.1\.0/);
  await onComputer(`PATH=/usr/bin:/bin\n${back}`);
  assert.equal(await browse(), 'version 1');
  await onComputer(named.replace('v1.2.3', 'v1.1.0'));
  assert.equal(await browse(), 'version 2');
});
