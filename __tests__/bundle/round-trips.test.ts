import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRelay } from '../rig/relay.ts';
import { roundTrips } from '../rig/round-trips.ts';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';

for (const links of [5, 500]) {
  test(`a deploy without listeners costs 7 round trips, with ${links} links`, async () => {
    await using server = await startSshd();
    await using relay = await startRelay(server.port);
    const symlinks = Object.fromEntries(
      Array.from({ length: links }, (_, index) => [
        `share/directory-${index}`,
        `public/links/${index % 9}/link-${index}`,
      ]),
    );
    await using ship = await shipTo(server, { config: { base_dir: server.root, symlinks, sync: false } });
    await ship.succeed({ revision: 'first' });
    const inputs = { port: String(relay.port), 'known-hosts': server.knownHostsAt(relay.port) };
    const trips = await roundTrips(relay, async () => ship.succeed(inputs), { delays: [0, 600], tries: 3 });
    assert.ok(trips > 6.5 && trips < 7.5, `${trips} round trips`);
  });
}
