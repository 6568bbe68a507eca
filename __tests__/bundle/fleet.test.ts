import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionRun } from '../rig/action.ts';
import { copySite } from '../rig/copied-site.ts';
import { startRelay, type Relay } from '../rig/relay.ts';
import { share } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { logOf, siteOn, type Site, warningsOf } from './site.ts';

const server = await startSshd();
after(async () => {
  await model[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

interface Fleet extends AsyncDisposable {
  readonly names: readonly string[];
  readonly site: Site;
  run(revision: string, inputs?: Readonly<Record<string, string>>): Promise<ActionRun>;
  /** The active revision of each target. */
  active(): Promise<readonly string[]>;
  /** Resolves once no target has a run's directory any more. */
  atRest(): Promise<void>;
}

interface FleetOptions {
  readonly events?: object;
  readonly config?: object;
  /** On top of what each target needs. */
  readonly targets?: Readonly<Record<string, object>>;
  /** Where the last target is reached by. */
  readonly relay?: Relay;
}

/** Targets a, b and so on of one server, with nothing on them. */
async function emptyFleet(
  size: number,
  { events = {}, config, targets = {}, relay }: FleetOptions = {},
): Promise<Fleet> {
  const names = ['a', 'b', 'c'].slice(0, size);
  const site = await siteOn(server);
  const port = (name: string): number => (name === names.at(-1) ? relay?.port : undefined) ?? server.port;
  const all = names.map((name) => ({
    ...{ name, host: server.host, port: port(name), user: server.user, base_dir: `${site.base}/${name}` },
    ...targets[name],
  }));
  const knownHosts = [server.knownHosts, ...(relay === undefined ? [] : [server.knownHostsAt(relay.port)])].join('\n');
  const run: Fleet['run'] = async (revision, inputs = {}) =>
    site.run({ host: '', user: '', port: '', 'known-hosts': knownHosts, revision, ...inputs });
  await site.put(`mkdir ${names.join(' ')}`);
  await site.workspace.configure({ events, config: { targets: all, revisions_to_keep: 1, sync: false, ...config } });
  const eachActive = async (): Promise<string> =>
    site.sh(`for name in ${names.join(' ')}; do basename "$(readlink $name/current || echo none)"; done`);
  return {
    ...{ names, site, run },
    active: async () => (await eachActive()).split('\n'),
    atRest: async () => {
      const left = async (): Promise<string> => site.sh('ls */revisions/.shipper/runs/ | grep run- || true');
      for (let tries = 0; tries < 1200 && (await left()) !== ''; tries += 1) await sleep(50);
      assert.equal(await left(), '');
      assert.equal(await site.sh('ls -d */.shipper-* 2>/dev/null || true'), '');
    },
    [Symbol.asyncDispose]: async () => site[Symbol.asyncDispose](),
  };
}

const model = await emptyFleet(3);
for (const revision of ['v1', 'v2']) {
  const done = await model.run(revision);
  assert.equal(done.code, 0, logOf(done));
}

/** The same with v1 and v2 on each, of which v1 is the one to be purged next. */
async function fleetOf(size: number, options: FleetOptions = {}): Promise<Fleet> {
  const fleet = await emptyFleet(size, options);
  for (const name of fleet.names) await copySite(`${model.site.base}/${name}`, `${fleet.site.base}/${name}`);
  return fleet;
}

const statuses = ({ result }: ActionRun): readonly string[] =>
  (result?.targets ?? []).map(({ name, status }) => `${name} ${status}`);

const all = (fleet: Fleet, value: string): readonly string[] => fleet.names.map(() => value);

async function assertAllBack(fleet: Fleet): Promise<void> {
  await fleet.atRest();
  assert.deepEqual(await fleet.active(), all(fleet, 'v2'));
  for (const name of fleet.names) {
    const there = await fleet.site.sh(`ls ${name}/revisions`);
    assert.match(there, /^v1\nv2(\nv3)?$/, `${name}: nothing was purged`);
  }
}

async function assertNextWorks(fleet: Fleet): Promise<void> {
  const next = await fleet.run('v4', { listeners: 'false' });
  assert.equal(next.code, 0, logOf(next));
  assert.deepEqual(await fleet.active(), all(fleet, 'v4'));
}

describe('a fleet', { concurrency: true }, () => {
  test('runs on:error on each target, at home where the revision is gone', async () => {
    const events = {
      'before:link_current_revision': [{ run: 'exit 1', on: 'b' }],
      'on:error': [{ run: 'echo "at $(basename "$PWD")"' }],
    };
    await using fleet = await fleetOf(3, { events, config: { waves: { sizes: [1] } } });
    const run = await fleet.run('v3');
    assert.deepEqual(statuses(run), ['a returned', 'b failed', 'c failed'], logOf(run));
    assert.deepEqual(warningsOf(run), []);
    const told = run.lines.flatMap((line) => /│ ([abc]): at (.*)/.exec(line)?.slice(1, 3).join(' ') ?? []);
    const home = await fleet.site.sh(`basename ~${server.user}`);
    assert.deepEqual(told.sort(), ['a v3', `b ${home}`, `c ${home}`]);
    await assertAllBack(fleet);
  });

  for (const size of share('sizes of a fleet', [2, 3], 1)) {
    describe(`of ${String(size)}`, { concurrency: 3 }, () => {
      const last = ['a', 'b', 'c'][size - 1] ?? '';

      test('switches nowhere before all are prepared, and purges nowhere before all have switched', async () => {
        const look =
          'for each in ../../../*/; do basename "$(readlink "$each/current")"; ls "$each/revisions"; done | tr "\\n" " "';
        const events = {
          'after:create_symlinks': [
            { run: 'sleep 1', on: last },
            { run: look, on: 'a' },
          ],
          'before:link_current_revision': [{ run: `sleep 0.5; ${look}`, on: last }],
          'after:link_current_revision': [{ run: `sleep 0.5; ${look}`, on: last }],
        };
        await using fleet = await fleetOf(size, { events });
        const run = await fleet.run('v3');
        assert.equal(run.code, 0, logOf(run));
        const seen = run.lines.filter((line) => line.includes('│')).map((line) => line.replace(/^.*[│:] /, '').trim());
        const one = (active: string): string => all(fleet, `${active} v1 v2 v3`).join(' ');
        assert.deepEqual(seen, [one('v2'), one('v2'), one('v3')]);
        assert.deepEqual(await fleet.active(), all(fleet, 'v3'));
        assert.deepEqual(
          statuses(run),
          fleet.names.map((name) => `${name} succeeded`),
        );
        for (const name of fleet.names) assert.equal(await fleet.site.sh(`ls ${name}/revisions`), 'v2\nv3');
      });

      test('without any listener: one that cannot be prepared keeps all from switching', async () => {
        const targets = { [last]: { symlinks: { missing: 'x' } } };
        await using fleet = await fleetOf(size, { targets });
        await fleet.site.workspace.configure(
          JSON.parse(
            JSON.stringify({
              config: {
                targets: fleet.names.map((name) => ({
                  ...{
                    name,
                    host: server.host,
                    port: server.port,
                    user: server.user,
                    base_dir: `${fleet.site.base}/${name}`,
                  },
                  ...targets[name],
                })),
                ...{ revisions_to_keep: 1, sync: false, fail_on_symlink_error: true },
              },
            }),
          ) as object,
        );
        const run = await fleet.run('v3');
        assert.equal(run.code, 1);
        assert.equal(run.result?.status, 'failed');
        await assertAllBack(fleet);
        assert.equal(await fleet.site.sh("grep -l '^linked v3' */revisions/.shipper/journal || true"), '');
        assert.deepEqual(
          statuses(run),
          fleet.names.map((name) => `${name} failed`),
        );
      });

      for (const [what, spoil, mend] of [
        ['whose directory is made read-only', 'chmod 555 ../..', 'chmod 755'],
        ['whose active symlink became a directory', 'cd ../..; mv current aside; mkdir current', ''],
      ] as const) {
        test(`one ${what} fails at the switch: all go back, and nothing was purged`, async () => {
          const events = {
            'before:link_current_revision': [{ run: spoil, on: last }],
            'after:link_current_revision': [{ run: 'echo "again $SHIPPER_HOST $SHIPPER_REVISION"' }],
          };
          await using fleet = await fleetOf(size, { events });
          const run = await fleet.run('v3');
          assert.equal(run.code, 1);
          assert.equal(run.result?.status, 'returned', logOf(run));
          const { names, site } = fleet;
          if (mend === '') await site.put(`cd ${last}; rmdir current; mv aside current`);
          else await site.sh(`${mend} ${last}`);
          const expected = names.map((name) => `${name} ${name === last ? 'failed' : 'returned'}`);
          assert.deepEqual(statuses(run), expected, logOf(run));
          assert.equal(run.result.targets.find(({ error }) => error !== undefined)?.name, last);
          for (const name of names.slice(0, -1)) assert.match(logOf(run), new RegExp(`again ${name} v2`));
          await assertAllBack(fleet);
          await assertNextWorks(fleet);
        });
      }

      test('a listener that fails after the switch on one: all go back', async () => {
        const events = { 'after:link_current_revision': [{ run: '[ "$SHIPPER_REVISION" != v3 ]', on: last }] };
        await using fleet = await fleetOf(size, { events });
        const run = await fleet.run('v3');
        assert.equal(run.result?.status, 'returned', logOf(run));
        assert.deepEqual(
          statuses(run),
          fleet.names.map((name) => `${name} returned`),
        );
        await assertAllBack(fleet);
        await assertNextWorks(fleet);
      });

      test('one that cannot go back is not called failed or returned, and the next run settles it', async () => {
        const events = {
          'after:link_current_revision': [{ run: 'mkdir ../../once && chmod 555 ../..; false', on: last }],
        };
        await using fleet = await fleetOf(size, { events });
        const run = await fleet.run('v3');
        await fleet.site.sh(`chmod 755 ${last}`);
        assert.equal(run.code, 1);
        assert.match(warningsOf(run).join('\n'), new RegExp(`${last}: .*could not be put back to`));
        const expected = fleet.names.map((name) => `${name} ${name === last ? 'unknown' : 'returned'}`);
        assert.deepEqual(statuses(run), expected, logOf(run));
        assert.equal(run.result?.status, 'unknown');
        const next = await fleet.run('v4', { listeners: 'false' });
        assert.equal(next.code, 0, logOf(next));
        const previous = next.result?.targets.map(({ previousRevision }) => previousRevision);
        assert.deepEqual(previous, all(fleet, 'v2'), 'it went back before anything else');
      });

      for (const refusing of [false, true]) {
        test(`one is lost after the switch ${refusing ? 'for good' : 'and found again'}: all go back`, async () => {
          await using relay = await startRelay(server.port);
          const events = {
            'after:link_current_revision': [{ run: '[ "$SHIPPER_REVISION" != v3 ] || sleep 70', on: last }],
          };
          await using fleet = await fleetOf(size, { events, relay });
          const running = fleet.run('v3', { 'connect-timeout': '10' });
          const switched = async (): Promise<boolean> => (await fleet.active()).every((name) => name === 'v3');
          for (let tries = 0; tries < 3000 && !(await switched()); tries += 1) await sleep(20);
          assert.ok(await switched());
          relay.refusing = refusing;
          relay.fail('reset');
          const run = await running;
          assert.equal(run.code, 1);
          assert.equal(run.result?.status, refusing ? 'unknown' : 'returned', logOf(run));
          const expected = fleet.names.map((name) => `${name} ${refusing && name === last ? 'unknown' : 'returned'}`);
          assert.deepEqual(statuses(run), expected, logOf(run));
          if (refusing) assert.match(warningsOf(run).join('\n'), new RegExp(`${last}: .*could not be read`));
          await assertAllBack(fleet);
          relay.refusing = false;
          await assertNextWorks(fleet);
        });
      }
    });
  }
});
