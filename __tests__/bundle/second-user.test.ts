import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ActionRun } from '../rig/action.ts';
import { run as runProgram } from '../rig/program.ts';
import type { Server } from '../rig/server.ts';
import { processesOf, sessionsOf } from '../rig/sessions.ts';
import { startSshd } from '../rig/sshd.ts';
import { createUser } from '../rig/user.ts';
import { logOf, siteOn, type Site, type SiteOptions } from './site.ts';

interface Shared extends AsyncDisposable {
  readonly server: Server;
  readonly site: Site;
  /** The inputs of a run by the second user. */
  readonly asSecond: { readonly user: string };
}

/** A site of two users, by their common group, on which the first has deployed v1. */
async function sharedSite(options: SiteOptions = {}): Promise<Shared> {
  await using stack = new AsyncDisposableStack();
  const second = stack.use(await createUser({}));
  const server = stack.use(await startSshd());
  await runProgram('usermod', ['-a', '-G', server.user, second.name]);
  const site = stack.use(await siteOn(server, { ...options, config: { umask: '002' } }));
  await site.put('chmod 2775 .');
  await site.succeed({ revision: 'v1', listeners: 'false' });
  const held = stack.move();
  return { server, site, asSecond: { user: second.name }, [Symbol.asyncDispose]: async () => held.disposeAsync() };
}

const ownerOf = async (site: Site, revision: string): Promise<string> => site.sh(`stat -c %U revisions/${revision}`);

async function assertAtRest(site: Site, active: string): Promise<void> {
  assert.equal(await site.active(), active);
  assert.equal(await site.sh('ls -A revisions/.shipper; ls -A'), 'active\njournal\nruns\nversion\ncurrent\nrevisions');
  assert.equal(await site.sh('ls -A revisions/.shipper/runs'), '');
}

/** A run of v2 by the first user, which is ended by `kill` when it has switched and not completed. */
async function dies(site: Site, kill: (runner: () => void) => Promise<void>): Promise<ActionRun> {
  const started = await site.start({ revision: 'v2' });
  await started.printed(/│ now/);
  assert.equal(await site.active(), 'v2');
  await kill(() => started.child.kill('SIGKILL'));
  return started.done;
}

const events = { 'after:link_current_revision': [{ run: '[ "$SHIPPER_REVISION" != v2 ] || { echo now; sleep 60; }' }] };

describe('a second user of the same group, over a real sshd', { concurrency: true }, () => {
  test('deploys after the first, rolls back what the first deployed, and the first goes on', async () => {
    await using shared = await sharedSite();
    const { site, server, asSecond } = shared;
    await site.succeed({ ...asSecond, revision: 'v2' });
    assert.deepEqual([await ownerOf(site, 'v1'), await ownerOf(site, 'v2')], [server.user, asSecond.user]);
    await site.succeed({ revision: 'v3' });
    await site.succeed({ ...asSecond, command: 'rollback' });
    await assertAtRest(site, 'v2');
    await site.succeed({ revision: 'v4' });
    await site.succeed({ ...asSecond, revision: 'v5' });
    await assertAtRest(site, 'v5');
  });

  test('deploys at once where the runner of the first was killed: the target had put itself back', async () => {
    await using shared = await sharedSite({ events });
    const { site, asSecond } = shared;
    await dies(site, async (killRunner) => {
      killRunner();
      return Promise.resolve();
    });
    const next = await site.succeed({ ...asSecond, revision: 'v3', listeners: 'false' });
    assert.equal(next.result?.targets[0]?.previousRevision, 'v1', logOf(next));
    await assertAtRest(site, 'v3');
  });

  test('takes over where all of the first was killed, runner and target, and puts it back', async (t) => {
    await using shared = await sharedSite({ events });
    const { site, server, asSecond } = shared;
    await dies(site, async (killRunner) => {
      const sessions = await sessionsOf(server);
      const left = (await processesOf(server)).filter(({ pid }) => !sessions.some(({ served }) => served === pid));
      // First it is all stopped, or what is killed last would have put back what it could.
      for (const { pid } of left) process.kill(pid, 'SIGSTOP');
      killRunner();
      for (const { pid } of left) process.kill(pid, 'SIGKILL');
    });
    const next = await site.succeed({ ...asSecond, revision: 'v3', listeners: 'false' });
    assert.equal(next.result?.targets[0]?.previousRevision, 'v1', logOf(next));
    assert.match(await site.sh('cat revisions/.shipper/journal'), /\nreturned v2 [^\n]*\n+created v3/);
    await assertAtRest(site, 'v3');
    t.diagnostic(`after ${(next.milliseconds / 1000).toFixed(1)} s`);
    assert.ok(next.milliseconds < 150_000);
  });
});
