import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeAuthority } from '../rig/authority.ts';
import { startDropbear } from '../rig/dropbear.ts';
import type { Server } from '../rig/server.ts';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';
import { startTinysshd } from '../rig/tinysshd.ts';
import { fewestTrips, startTripCounter } from '../rig/trip-counter.ts';

const linksOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `share/directory-${index}`);

const cases: readonly (readonly [string, () => Promise<Server>, links: number, trips: number])[] = [
  ['OpenSSH, 5 links', startSshd, 5, 3],
  ['OpenSSH, 500 links', startSshd, 500, 3],
  ['dropbear, 5 links', startDropbear, 5, 3],
  ['tinysshd, which takes nothing early', startTinysshd, 5, 8],
];

test('a fleet costs 4 more: the login by itself; all wait for each other before they switch, purge and complete', async () => {
  await using server = await startSshd();
  await using counter = await startTripCounter(server.port);
  const names = ['a', 'b', 'c'];
  await server.sh(`mkdir ${names.join(' ')}; chown ${server.user} ${names.join(' ')}`);
  const targets = names.map((name) => ({
    ...{ name, host: server.host, port: counter.port, user: server.user, base_dir: `${server.root}/${name}` },
  }));
  await using ship = await shipTo(server, { config: { targets, sync: false } });
  const inputs = { host: '', user: '', port: '', 'known-hosts': server.knownHostsAt(counter.port) };
  const trips = await fewestTrips(counter, async () => ship.succeed(inputs), 7);
  assert.ok(trips <= 7, `${trips} round trips`);
});

describe('a deploy without listeners costs 3 round trips, where the server takes what is sent early', () => {
  for (const [name, start, links, hoped] of cases) {
    test(name, async (t) => {
      await using server = await start();
      await using counter = await startTripCounter(server.port);
      const names = linksOf(links);
      await server.sh(`mkdir -p ${names.join(' ')}`);
      const symlinks = Object.fromEntries(names.map((link, index) => [link, `links/${index % 9}/${index}`]));
      await using ship = await shipTo(server, { config: { base_dir: server.root, symlinks, sync: false } });
      const inputs = { port: String(counter.port), 'known-hosts': server.knownHostsAt(counter.port) };
      await ship.succeed(inputs);
      const trips = await fewestTrips(counter, async () => ship.succeed(inputs), hoped);
      t.diagnostic(`${trips} round trips`);
      assert.ok(trips <= hoped, `${trips} round trips`);
    });
  }

  test('OpenSSH, a certificate', async (t) => {
    await using authority = await makeAuthority();
    await using server = await startSshd({ config: [`TrustedUserCAKeys ${authority.trusted}`] });
    await using counter = await startTripCounter(server.port);
    const { key, certificate } = await authority.issue({ principals: [server.user] });
    await using ship = await shipTo(server, { config: { base_dir: server.root, sync: false } });
    const place = { port: String(counter.port), 'known-hosts': server.knownHostsAt(counter.port) };
    const trips = await fewestTrips(counter, async () => ship.succeed({ ...place, key: key.text, certificate }), 3);
    t.diagnostic(`${trips} round trips`);
    assert.ok(trips <= 3, `${trips} round trips`);
  });
});
