import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { ActionRun } from '../rig/action.ts';
import { startSshd } from '../rig/sshd.ts';
import { logOf, siteOn, type Site, warningsOf } from './site.ts';

const server = await startSshd();
after(async () => server[Symbol.asyncDispose]());

interface Fleet extends AsyncDisposable {
  readonly site: Site;
  run(inputs: Readonly<Record<string, string>>): Promise<ActionRun>;
  succeed(inputs: Readonly<Record<string, string>>): Promise<ActionRun>;
}

/** Targets a, which has v1 and v2, and b, which has v1 only. */
async function fleetOf(events: object = {}): Promise<Fleet> {
  const site = await siteOn(server);
  const { host, port, user, knownHosts } = server;
  const target = (name: string): object => ({ name, host, port, user, base_dir: `${site.base}/${name}` });
  await site.put('mkdir a b');
  await site.workspace.configure({ events, config: { targets: [target('a'), target('b')], sync: false } });
  const run: Fleet['run'] = async (inputs) =>
    site.run({ host: '', user: '', port: '', 'known-hosts': knownHosts, ...inputs });
  const succeed: Fleet['run'] = async (inputs) => {
    const done = await run(inputs);
    assert.equal(done.code, 0, logOf(done));
    return done;
  };
  await succeed({ revision: 'v1', listeners: 'false' });
  await succeed({ revision: 'v2', listeners: 'false', host: 'a' });
  return { site, run, succeed, [Symbol.asyncDispose]: async () => site[Symbol.asyncDispose]() };
}

const tell = 'echo "told $SHIPPER_HOST $SHIPPER_REVISION $SHIPPER_PREVIOUS_REVISION $(basename "$PWD")"';
const told = (run: ActionRun): readonly string[] =>
  run.lines.flatMap((line) => /told (.*)/.exec(line)?.[1] ?? []).filter((line) => !line.includes('$'));

describe('a fleet whose targets differ in their revisions', { concurrency: true }, () => {
  test('a listener finds on each target the names of that target', async () => {
    await using fleet = await fleetOf({ 'after:link_current_revision': [{ run: tell }] });
    const run = await fleet.succeed({ revision: 'v3' });
    assert.deepEqual([...told(run)].sort(), ['a v3 v2 v3', 'b v3 v1 v3']);
  });

  test('when all go back, each listener is called for what its target went back to', async () => {
    const events = {
      'after:link_current_revision': [{ run: tell }, { run: '[ "$SHIPPER_REVISION" != v3 ]', on: 'b' }],
    };
    await using fleet = await fleetOf(events);
    const run = await fleet.run({ revision: 'v3' });
    assert.equal(run.result?.status, 'returned', logOf(run));
    assert.deepEqual([...told(run)].sort(), ['a v2 v3 v2', 'a v3 v2 v3', 'b v1 v3 v1', 'b v3 v1 v3']);
  });

  test('a rollback without a name goes back to its own on each, and its listeners with it', async () => {
    await using fleet = await fleetOf({ 'after:rollback': [{ run: tell }] });
    await fleet.succeed({ revision: 'v3', listeners: 'false' });
    const run = await fleet.succeed({ command: 'rollback' });
    assert.match(warningsOf(run).join('\n'), /go to different revisions: a to v2, b to v1/);
    assert.deepEqual([...told(run)].sort(), ['a v2 v3 v2', 'b v1 v3 v1']);
  });

  test('one that cannot be read keeps no other from being shown', async () => {
    await using fleet = await fleetOf();
    await fleet.site.put('mv b/revisions b/aside; echo > b/revisions');
    const run = await fleet.run({ command: 'rollback', 'dry-run': 'true' });
    assert.equal(run.code, 1);
    assert.match(logOf(run), /\ba: rollback would\n.*from v2 to v1\n +mark +v2 as bad/);
    assert.match(logOf(run), /\bb: failed, TARGET/);
    const errors = run.result?.targets.map(({ name, error }) => `${name} ${error?.code ?? 'read'}`);
    assert.deepEqual(errors, ['a read', 'b TARGET']);
  });

  test('one that cannot be reached keeps no other from being shown, and is not said to have no revision', async () => {
    await using fleet = await fleetOf();
    const { host, port, user } = server;
    const target = (name: string, at: number): object => ({
      name,
      host,
      port: at,
      user,
      base_dir: `${fleet.site.base}/${name}`,
    });
    await fleet.site.workspace.configure({ config: { targets: [target('a', port), target('b', 1)] } });
    const knownHosts = `${server.knownHosts}\n${server.knownHostsAt(1)}`;
    const run = await fleet.run({ command: 'status', 'known-hosts': knownHosts, 'connect-timeout': '2' });
    assert.equal(run.code, 1);
    assert.match(logOf(run), /\ba: v2 is active/);
    assert.match(logOf(run), /\bb: failed, CONNECT/);
    assert.doesNotMatch(logOf(run), /b: no revision is active/);
  });
});
