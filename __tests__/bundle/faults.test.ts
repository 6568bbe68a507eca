import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, startRelay, type Direction } from '../rig/relay.ts';
import { isLarge, share } from '../rig/share.ts';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';

const listeners = {
  'after:create_revision': [{ run: 'echo here > index.html' }],
  'after:link_current_revision': [{ run: 'cat index.html' }],
  'before:completion': [{ run: 'true' }],
};

/** With listeners, message by message; without, all in one that goes out before the login has succeeded. */
const kinds = { listeners, 'one message': {}, 'through a command': {} };
const kindNames = Object.keys(kinds) as (keyof typeof kinds)[];

const config = (base: string, events: object): object => ({ config: { base_dir: base, sync: false }, events });

interface Case {
  readonly kind: keyof typeof kinds;
  /** `kill` is of the command that leads to the server. */
  readonly fault: Fault | 'kill';
  readonly direction: Direction;
  /** Part of the bytes that a whole run sends in that direction. */
  readonly part: number;
}

const parts = Array.from({ length: 8 }, (_, index) => (index + 0.5) / 8);
const cases: readonly Case[] = (['listeners', 'one message'] as const).flatMap((kind) =>
  (['cut', 'reset'] as const).flatMap((fault) =>
    (['up', 'down'] as const).flatMap((direction) => parts.map((part) => ({ kind, fault, direction, part }))),
  ),
);
const commands: readonly Case[] = (['cut', 'kill'] as const).flatMap((fault) =>
  (['up', 'down'] as const).flatMap((direction) =>
    parts
      .filter((_, index) => index % 2 === (fault === 'kill' ? 0 : 1))
      .map((part) => ({ kind: 'through a command', fault, direction, part }) as const),
  ),
);
const stalls: readonly Case[] = [0.3, 0.45, 0.6, 0.9].map((part) => ({
  ...{ kind: 'one message', fault: 'stall', direction: 'down' },
  part,
}));

async function killBy(file: string): Promise<void> {
  const pid = Number(await readFile(file, 'utf8'));
  assert.ok(pid > 1);
  process.kill(pid, 'SIGKILL');
}

test('a connection that breaks anywhere leaves the old revision, or the new one of a run that reported success', async (t) => {
  await using server = await startSshd();
  let done = 0;
  const all = [
    ...share('broken connections', [...cases, ...commands], 10, { nameOf: (each) => JSON.stringify(each) }),
    ...share('silences', stalls, 1, { nameOf: ({ part }) => String(part) }),
  ];
  const width = isLarge ? 4 : 2;
  const lanes = Array.from({ length: width }, async (_, lane) => {
    const base = `${server.root}/site${lane}`;
    await using relay = await startRelay(server.port);
    const direct = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port), 'connect-timeout': '3' };
    const pid = `${server.root}/pid${lane}`;
    const command = `echo $$ >${pid}; exec busybox nc 127.0.0.1 %p`;
    const active = async (): Promise<string> => server.sh(`basename "$(readlink '${base}/current')"`);
    for (const kind of kindNames) {
      const mine = all.filter((each, index) => index % width === lane && each.kind === kind);
      if (mine.length === 0) continue;
      const inputs = kind === 'through a command' ? { ...direct, 'proxy-command': command } : direct;
      await using ship = await shipTo(server, config(base, kinds[kind]));
      await ship.succeed({ ...inputs, revision: `first-${lane}-${kind.length}` });
      const before = { ...relay.bytes };
      await ship.succeed({ ...inputs, revision: `second-${lane}-${kind.length}` });
      const whole = { up: relay.bytes.up - before.up, down: relay.bytes.down - before.down };
      for (const { fault, direction, part } of mine) {
        const name = `${fault}-${direction}-${Math.round(part * 10_000)}-${kind.length}`;
        const old = await active();
        const place = Math.floor(whole[direction] * part);
        const failed = relay.failAfter(direction, place, fault === 'kill' ? 'stall' : fault);
        if (fault === 'kill') void failed.then(async () => killBy(pid)).then(() => relay.resume());
        // Long enough for the first attempt to read the truth to meet the silence too.
        if (fault === 'stall') void failed.then(() => setTimeout(() => relay.resume(), 4_000));
        const run = await ship.run({ ...inputs, revision: name });
        for (let tries = 0; tries < 1200; tries += 1) {
          if ((await server.sh(`ls '${base}/revisions/.shipper/runs'`)) === '') break;
          await sleep(50);
        }
        const log = run.lines.join('\n');
        assert.equal(
          await server.sh(`ls -A '${base}/revisions/.shipper'`),
          'active\njournal\nruns\nversion',
          `${name}\n${log}`,
        );
        assert.equal(await active(), run.code === 0 ? name : old, `${name}\n${log}`);
        if (kind === 'listeners') assert.equal(await server.sh(`cat '${base}/current/index.html'`), 'here', name);
        assert.notEqual(run.result?.status, 'unknown', `${name}\n${log}`);
        done += 1;
      }
      const last = await ship.succeed({ ...inputs, revision: `last-${lane}-${kind.length}` });
      assert.equal(last.outputs['active-revision'], `last-${lane}-${kind.length}`);
    }
    assert.equal(await server.sh(`ls -A '${base}'`), 'current\nrevisions');
  });
  await Promise.all(lanes);
  t.diagnostic(`${done} broken connections`);
  assert.equal(done, all.length);
});
