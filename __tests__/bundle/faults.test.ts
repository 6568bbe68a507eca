import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, startRelay, type Direction } from '../rig/relay.ts';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';

const config = (base: string): object => ({
  config: { base_dir: base, sync: false },
  events: {
    'after:create_revision': [{ run: 'echo here > index.html' }],
    'after:link_current_revision': [{ run: 'cat index.html' }],
    'before:completion': [{ run: 'true' }],
  },
});

interface Case {
  readonly fault: Fault;
  readonly direction: Direction;
  /** Part of the bytes that a whole run sends in that direction. */
  readonly part: number;
}

const parts = Array.from({ length: 24 }, (_, index) => (index + 0.5) / 24);
const cases: readonly Case[] = (['cut', 'reset'] as const).flatMap((fault) =>
  (['up', 'down'] as const).flatMap((direction) => parts.map((part) => ({ fault, direction, part }))),
);

test('a connection that breaks anywhere leaves the old revision, or the new one of a run that reported success', async (t) => {
  await using server = await startSshd();
  let done = 0;
  const lanes = Array.from({ length: 3 }, async (_, lane) => {
    const base = `${server.root}/site${lane}`;
    await using relay = await startRelay(server.port);
    await using ship = await shipTo(server, config(base));
    const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port) };
    const active = async (): Promise<string> => server.sh(`basename "$(readlink '${base}/current')"`);
    await ship.succeed({ ...inputs, revision: 'first' });
    const before = { ...relay.bytes };
    await ship.succeed({ ...inputs, revision: 'second' });
    const whole = { up: relay.bytes.up - before.up, down: relay.bytes.down - before.down };
    for (const [index, { fault, direction, part }] of cases.entries()) {
      if (index % 3 !== lane) continue;
      const name = `${fault}-${direction}-${index}`;
      const old = await active();
      void relay.failAfter(direction, Math.floor(whole[direction] * part), fault);
      const run = await ship.run({ ...inputs, revision: name });
      for (let tries = 0; tries < 200; tries += 1) {
        if ((await server.sh(`ls '${base}/revisions/.shipper/runs'`)) === '') break;
        await sleep(50);
      }
      const log = run.lines.join('\n');
      assert.equal(await server.sh(`ls -A '${base}/revisions/.shipper'`), 'active\njournal\nruns', `${name}\n${log}`);
      assert.equal(await active(), run.code === 0 ? name : old, `${name}\n${log}`);
      assert.equal(await server.sh(`cat '${base}/current/index.html'`), 'here', name);
      assert.notEqual(run.result?.status, 'unknown', `${name}\n${log}`);
      done += 1;
    }
    const last = await ship.succeed({ ...inputs, revision: 'last' });
    assert.equal(last.outputs['active-revision'], 'last');
    assert.deepEqual(await server.sh(`ls -A '${base}'`), 'current\nrevisions');
  });
  await Promise.all(lanes);
  t.diagnostic(`${done} broken connections`);
  assert.equal(done, cases.length);
});
