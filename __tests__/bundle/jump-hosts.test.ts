import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { ActionRun } from '../rig/action.ts';
import { type Relay, startRelay } from '../rig/relay.ts';
import { startSshd } from '../rig/sshd.ts';
import { logOf, siteOn, type Site, warningsOf } from './site.ts';

const server = await startSshd();
/** It drops whoever comes while two have not yet logged in. */
const bastion = await startSshd({ config: ['MaxStartups 2:100:2'] });
await bastion.sh(`cp ${server.key.file}.pub ../authorized_keys`);
after(async () => {
  await bastion[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

interface Fleet extends AsyncDisposable {
  readonly site: Site;
  run(inputs?: Readonly<Record<string, string>>): Promise<ActionRun>;
}

/** So many targets behind the bastion, which is reached through the relay. */
async function fleetBehind(relay: Relay, size: number, events: object = {}): Promise<Fleet> {
  const site = await siteOn(server);
  const names = Array.from({ length: size }, (_, index) => `target${index}`);
  await site.put(`mkdir ${names.join(' ')}`);
  const { host, port, user } = server;
  const proxyJump = `${bastion.user}@127.0.0.1:${relay.port}`;
  const targets = names.map((name) => ({ name, host, port, user, base_dir: `${site.base}/${name}` }));
  await site.workspace.configure({
    events,
    config: { targets: targets.map((target) => ({ ...target, proxy_jump: proxyJump })), sync: false },
  });
  const knownHosts = `${server.knownHosts}\n${bastion.knownHostsAt(relay.port)}`;
  const run: Fleet['run'] = async (inputs) =>
    site.run({ host: '', user: '', port: '', 'known-hosts': knownHosts, revision: 'v1', ...inputs });
  return { site, run, [Symbol.asyncDispose]: async () => site[Symbol.asyncDispose]() };
}

describe('a fleet behind a jump host', { concurrency: true }, () => {
  test('shares one connection to it', async () => {
    await using relay = await startRelay(bastion.port);
    await using fleet = await fleetBehind(relay, 9);
    const run = await fleet.run();
    assert.equal(run.code, 0, logOf(run));
    assert.equal(relay.connections, 1);
    assert.equal((await fleet.site.sh('readlink */current')).split('\n').length, 9);
  });

  test('tells once that it cannot be reached', async () => {
    await using relay = await startRelay(bastion.port);
    await using fleet = await fleetBehind(relay, 3);
    relay.refusing = true;
    const run = await fleet.run();
    assert.equal(run.code, 1);
    const errors = run.annotations.filter(({ level }) => level === 'error');
    assert.equal(errors.length, 1);
    assert.match(errors[0]?.message ?? '', /jump host 127\.0\.0\.1:\d+/);
    assert.deepEqual(warningsOf(run), []);
    assert.equal(relay.connections, 3, 'three attempts, whatever the number of targets');
  });

  test('is put back where the jump host is lost after the switch, and the truth is read by a new connection', async () => {
    await using relay = await startRelay(bastion.port);
    const events = {
      'after:link_current_revision': [
        { run: 'echo "now $SHIPPER_REVISION"; [ "$SHIPPER_REVISION" = v1 ] || sleep 70' },
      ],
    };
    await using fleet = await fleetBehind(relay, 3, events);
    assert.equal((await fleet.run({ listeners: 'false' })).code, 0);
    const before = relay.connections;
    const started = await fleet.site.start({
      ...{ host: '', user: '', port: '', revision: 'v2' },
      'known-hosts': `${server.knownHosts}\n${bastion.knownHostsAt(relay.port)}`,
    });
    await started.printed(/now v2/);
    relay.fail('reset');
    const run = await started.done;
    assert.equal(run.code, 1);
    assert.equal(run.result?.status, 'returned', logOf(run));
    assert.equal(relay.connections, before + 2, 'one, and one more after the loss');
    const active = await fleet.site.sh('for link in */current; do basename "$(readlink "$link")"; done');
    assert.equal(active, 'v1\nv1\nv1');
  });
});
