import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startRelay } from '../rig/relay.ts';
import { roundTrips } from '../rig/round-trips.ts';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';

describe('a deploy without listeners costs 7 round trips', { concurrency: true }, () => {
  for (const links of [5, 500]) {
    test(`with ${links} links`, async (t) => {
      await using server = await startSshd();
      await using relay = await startRelay(server.port);
      const names = Array.from({ length: links }, (_, index) => `share/directory-${index}`);
      await server.sh(`mkdir -p ${names.join(' ')}`);
      const symlinks = Object.fromEntries(names.map((name, index) => [name, `links/${index % 9}/${index}`]));
      await using ship = await shipTo(server, { config: { base_dir: server.root, symlinks, sync: false } });
      const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port) };
      await ship.succeed(inputs);
      // A long delay, so that what a busy machine adds to a run is small beside it.
      const trips = await roundTrips(relay, async () => ship.succeed(inputs), { delays: [0, 2000], tries: 2 });
      t.diagnostic(`${trips} round trips`);
      assert.ok(trips > 6.4 && trips < 7.6, `${trips} round trips`);
    });
  }
});
