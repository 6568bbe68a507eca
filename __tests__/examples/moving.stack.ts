import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readFlags } from '../../src/action/flags.ts';
import { type ActionRun, runAction } from '../rig/action.ts';
import { startNetwork } from '../rig/network.ts';
import { createWorkspace } from '../rig/workspace.ts';
import { blockUnder } from './page.ts';
import { firstSteps } from './set-up.ts';

const page = 'docs/moving.md';
const network = await startNetwork({ 'app.example.com': { address: '203.0.113.10' } });
after(async () => network[Symbol.asyncDispose]());
const server = await network.server('app.example.com');
const { key, publicKey, knownHosts } = await firstSteps(network, server, '/var/www/app');

/** What each tool leaves: the layout by its own code where Debian has it, else as its documentation has it. */
const layouts: Readonly<Record<string, () => Promise<void>>> = {
  Capistrano: capistrano,
  Deployer: async () => releases(['1', '2'], 'releases/2', 'mkdir .dep; echo 2 >.dep/latest_release'),
  Envoyer: async () =>
    releases(['20261120101500', '20261121101500'], '/var/www/app/releases/20261121101500', 'mkdir storage; touch .env'),
  Mina: async () => releases(['1', '2'], '/var/www/app/releases/2', 'mkdir scm tmp'),
};

async function releases(names: readonly string[], current: string, more: string): Promise<void> {
  const each = names.map((name) => `mkdir -p releases/${name}/public; echo old >releases/${name}/public/index.html`);
  await server.sh(
    `cd /var/www/app; mkdir shared; touch shared/.env; ${each.join('; ')}; ln -s ${current} current; ${more}`,
    {
      user: 'deploy',
    },
  );
}

/** Debian's Capistrano, from a computer whose key the server knows, out of a repository on the server. */
async function capistrano(): Promise<void> {
  await network.runner.sh('cp ~/.ssh/app_deploy ~/.ssh/id_ed25519 && cp ~/.ssh/app_host ~/.ssh/known_hosts');
  await server.sh('usermod --shell /bin/bash deploy && cat >~deploy/.ssh/authorized_keys', { stdin: publicKey });
  await server.sh(
    `git init -q --bare -b main ~/site.git && git clone -q ~/site.git ~/site && cd ~/site && mkdir public
    echo old >public/index.html && git add . && git -c user.email=you@example.com -c user.name=you commit -qm First
    git push -q origin HEAD:main && mkdir -p /var/www/app/shared && touch /var/www/app/shared/.env`,
    { user: 'deploy' },
  );
  const files = {
    Capfile:
      'require "capistrano/setup"\nrequire "capistrano/deploy"\nrequire "capistrano/scm/git"\ninstall_plugin Capistrano::SCM::Git\n',
    'config/deploy.rb':
      'set :application, "app"\nset :repo_url, "/home/deploy/site.git"\nset :branch, "main"\nset :deploy_to, "/var/www/app"\nappend :linked_files, ".env"\nappend :linked_dirs, "public/uploads"\n',
    'config/deploy/production.rb': 'server "app.example.com", user: "deploy", roles: %w{app web}\n',
  };
  await using computer = await createWorkspace(undefined, files);
  for (const number of [1, 2]) {
    await network.runner.sh('cap production deploy', { cwd: computer.path });
    const count = await server.sh('ls /var/www/app/releases | wc -l');
    assert.equal(count, String(number));
    // Its names are seconds.
    await server.sh('second=$(date +%s); while [ "$(date +%s)" = "$second" ]; do sleep 0.1; done');
  }
}

/** The inputs of each command that the page has for a tool, without host and credentials. */
function commandsFor(tool: string): readonly object[] {
  const lines = blockUnder(page, tool, 'sh').split('\n');
  return lines.map((line) => {
    const { given, problems } = readFlags(line.split(' ').slice(2));
    assert.deepEqual(problems, []);
    return Object.fromEntries([...given].filter(([name]) => !['host', 'key', 'known-hosts'].includes(name)));
  });
}

const listed = (run: ActionRun): readonly string[] =>
  (run.result?.targets[0]?.revisions ?? []).map(({ name, state }) => `${name} ${state}`);

const adopted = (run: ActionRun): readonly string[] =>
  run.lines.flatMap((line) => /(?:adopted:|^ +adopt) +(\S+)$/.exec(line)?.[1] ?? []);

async function empty(): Promise<void> {
  await server.sh('rm -rf /var/www/app && install -d -o deploy -g deploy /var/www/app');
}

const shown = async (path = 'public/'): Promise<string> => server.sh(`cat /var/www/app/current/${path}index.html`);

for (const [tool, layOut] of Object.entries(layouts)) {
  test(`from ${tool}: adopted, first deploy, one that fails, and back into its release`, async () => {
    await empty();
    await layOut();
    const old = (await server.sh('ls /var/www/app/releases')).split('\n');
    const was = old.at(-1) ?? '';
    await using site = await createWorkspace(blockUnder(page, tool, 'json'), { 'public/index.html': 'new' });
    const act = async (inputs: object, env = {}): Promise<ActionRun> => {
      const all = { host: 'deploy@app.example.com', key, 'known-hosts': knownHosts, ...inputs };
      return runAction({ cwd: site.path, node: network.node, inputs: all, env: { PATH: '/usr/bin:/bin', ...env } });
    };
    const succeed = async (inputs: object): Promise<ActionRun> => {
      const run = await act(inputs);
      assert.equal(run.code, 0, run.lines.join('\n'));
      return run;
    };
    const [dry = {}, real = {}] = commandsFor(tool);
    const foreign = old.map((name) => `${name} foreign`);
    assert.deepEqual(adopted(await succeed(dry)), old);
    assert.deepEqual([...listed(await succeed({ command: 'status' }))].sort(), foreign, 'a dry run changes nothing');
    const link = await server.sh('readlink /var/www/app/current');
    assert.deepEqual(adopted(await succeed(real)), old);
    assert.equal(await server.sh('readlink /var/www/app/current'), link);
    assert.deepEqual(
      listed(await succeed({ command: 'status' })),
      old.map((name) => `${name} completed`),
    );
    await succeed({ revision: 'v1', 'dry-run': 'true' });
    assert.equal(await shown(), 'old');
    const failing = { SHIP_EVENTS__AFTER_LINK_CURRENT_REVISION: '[{"run": "false"}]' };
    assert.equal((await act({ revision: 'v0' }, failing)).result?.status, 'returned');
    assert.equal(await server.sh('basename "$(readlink /var/www/app/current)"'), was);
    await succeed({ revision: 'v1' });
    assert.equal(await shown(), 'new');
    await succeed({ command: 'rollback' });
    assert.equal(await server.sh('basename "$(readlink /var/www/app/current)"'), was);
    assert.equal(await shown(), 'old');
    for (const revision of ['v2', 'v3']) await succeed({ revision });
    await succeed({ command: 'rollback' });
    assert.equal(await server.sh('basename "$(readlink /var/www/app/current)"'), 'v2');
    assert.deepEqual(
      (await server.sh('ls /var/www/app/releases')).split('\n').slice(0, 2),
      old,
      'there are not too many of them yet',
    );
  });
}

test('from a plain directory: adopt makes it a revision', async () => {
  await empty();
  await server.sh('mkdir /var/www/app/current && echo old >/var/www/app/current/index.html', { user: 'deploy' });
  const config = blockUnder(page, 'A plain directory', 'json');
  await using site = await createWorkspace(config, { 'public/index.html': 'new' });
  const act = async (inputs: object): Promise<ActionRun> => {
    const all = { host: 'deploy@app.example.com', key, 'known-hosts': knownHosts, ...inputs };
    return runAction({ cwd: site.path, node: network.node, inputs: all, env: { PATH: '/usr/bin:/bin' } });
  };
  assert.equal((await act({ revision: 'v1' })).result?.status, 'failed');
  assert.equal(await shown(''), 'old');
  const [dry = {}, real = {}] = commandsFor('A plain directory');
  for (const [inputs, expected] of [
    [dry, 'old'],
    [real, 'old'],
    [{ revision: 'v1' }, 'new'],
    [{ command: 'rollback' }, 'old'],
  ] as const) {
    const run = await act(inputs);
    assert.equal(run.code, 0, run.lines.join('\n'));
    assert.equal(await shown(''), expected);
  }
  assert.equal(await server.sh('basename "$(readlink /var/www/app/current)"'), 'before');
});
