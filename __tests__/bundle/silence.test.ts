import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRelay } from '../rig/relay.ts';
import { startSshd } from '../rig/sshd.ts';
import { logOf, siteOn, type Site } from './site.ts';

const server = await startSshd();
after(async () => server[Symbol.asyncDispose]());

const active = async (site: Site): Promise<string> => site.active();

/** Resolves when no run holds the lock any more; seconds since `start`. */
async function unlocked(site: Site, start: number): Promise<number> {
  for (;;) {
    const seconds = (performance.now() - start) / 1000;
    if ((await site.sh('ls revisions/.shipper/runs; ls revisions/.shipper | grep -x lock || true')) === '')
      return seconds;
    assert.ok(seconds < 120, 'the lock is free within two minutes');
    await sleep(250);
  }
}

async function present(site: Site, script: string): Promise<void> {
  for (const end = performance.now() + 120_000; performance.now() < end;) {
    if ((await site.sh(`${script} || true`)) !== '') return;
    await sleep(10);
  }
  assert.fail(`it never came to: ${script}`);
}

// Each is idle for most of a minute.
describe('a network that goes silent', { concurrency: true }, () => {
  for (const [when, event, completes] of [
    ['before the switch', 'before:link_current_revision', false],
    ['after the switch', 'after:link_current_revision', false],
    ['while completing', 'before:completion', true],
  ] as const) {
    test(`${when}: the target ends the run alone, the runner by itself, and says nothing untrue`, async (t) => {
      await using relay = await startRelay(server.port);
      const events = { [event]: [{ run: 'touch ../v2/mark; sleep 3' }] };
      await using site = await siteOn(server, { events });
      await site.succeed({ revision: 'v1', listeners: 'false' });
      const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port) };
      const started = await site.start({ ...inputs, revision: 'v2', 'connect-timeout': '8' });
      await present(site, 'ls -d revisions/v2/mark');
      if (completes) {
        relay.delay = 3_000; // The answer is under way for half of that when the network goes.
        await present(site, "grep '^completed v2' revisions/.shipper/journal");
      }
      relay.fail('stall');
      const start = performance.now();
      const [seconds, run] = await Promise.all([unlocked(site, start), started.done]);
      const log = logOf(run);
      assert.equal(await active(site), completes ? 'v2' : 'v1', log);
      assert.equal(run.code, 1, log);
      assert.equal(run.result?.status, event === 'before:link_current_revision' ? 'failed' : 'unknown', log);
      assert.equal(
        await site.sh('ls -A revisions/.shipper; ls -A'),
        'active\njournal\nruns\nversion\ncurrent\nrevisions',
      );
      t.diagnostic(`unlocked after ${seconds.toFixed(1)} s; the runner took ${(run.milliseconds / 1000).toFixed(1)} s`);
      assert.ok(run.milliseconds < 150_000);
      await site.succeed({ revision: 'v3', listeners: 'false' });
    });
  }

  test('after the switch, until the runner has given up: it comes back, waits for the target and reads the truth', async () => {
    await using relay = await startRelay(server.port);
    await using site = await siteOn(server, {
      events: { 'after:link_current_revision': [{ run: 'touch ../v2/mark; sleep 3' }] },
    });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port) };
    const started = await site.start({ ...inputs, revision: 'v2', 'connect-timeout': '8' });
    await present(site, 'ls -d revisions/v2/mark');
    relay.fail('stall');
    const connections = relay.connections;
    for (let tries = 0; tries < 500 && relay.connections === connections; tries += 1) await sleep(100);
    relay.fail('cut'); // What the silence swallowed is lost,
    relay.resume(); // and then the network is back.
    const run = await started.done;
    assert.equal(run.code, 1, logOf(run));
    assert.equal(run.result?.status, 'returned', logOf(run));
    assert.equal(await site.active(), 'v1');
  });

  test('for twenty seconds only: the run goes on as if nothing had been', async () => {
    await using relay = await startRelay(server.port);
    await using site = await siteOn(server, {
      events: { 'after:link_current_revision': [{ run: 'touch ../v2/mark; sleep 3' }] },
    });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port) };
    const started = await site.start({ ...inputs, revision: 'v2' });
    await present(site, 'ls -d revisions/v2/mark');
    relay.fail('stall');
    await sleep(20_000);
    relay.resume();
    const run = await started.done;
    assert.equal(run.code, 0, logOf(run));
    assert.equal(await site.active(), 'v2');
  });
});
