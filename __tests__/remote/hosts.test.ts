import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bystander, type Host, runOn, startHost } from '../rig/host.ts';
import type { Shell } from '../rig/local-connection.ts';
import { type ScriptRun, type ScriptTarget, scriptTarget, type Steps, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';
import { until } from '../rig/until.ts';
import { assertNeverTwoHolders } from './holders.ts';

const quick = { lease: 4, beat: 300, lockTimeout: 60, shimmed: true };
const switched = 6;

interface Two extends AsyncDisposable {
  readonly hosts: readonly [Host, Host];
  readonly one: ScriptTarget;
  readonly two: ScriptTarget;
  /** What a run on host two needs: the site is that of host one. */
  readonly onTwo: Steps;
}

/** One site with v1 on storage that two hosts share. */
async function twoHosts(shell: Shell): Promise<Two> {
  await using stack = new AsyncDisposableStack();
  const hosts = [stack.use(await startHost('one')), stack.use(await startHost('two'))] as const;
  const one = stack.use(await scriptTarget(shell));
  const two = stack.use(await scriptTarget(shell));
  runOn(one, hosts[0]);
  runOn(two, hosts[1]);
  await one.perform('deploy', 'v1', quick);
  const held = stack.move();
  return {
    hosts,
    one,
    two,
    onTwo: { ...quick, target: one.target },
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

const runsOf = (site: ScriptTarget): string => `${site.root}/revisions/.shipper/runs`;

/** Notes a process as a command of that run's listeners, as command.sh does. */
function noteCommand(site: ScriptTarget, run: ScriptRun, { pid, start }: { pid: string; start: string }): void {
  mkdirSync(`${runsOf(site)}/${run.token}/commands`, { recursive: true });
  writeFileSync(`${runsOf(site)}/${run.token}/commands/1`, `${pid} ${start}\n`);
}

/** A run of v2 on host one that has taken so many steps, and then nothing of it is alive. */
async function killedAfter(steps: number, { one }: Two): Promise<ScriptRun> {
  const run = one.session({ ...quick, revision: 'v2' });
  await run.session.perform(whole.deploy.slice(0, steps));
  process.kill(-(run.connection.pids[0] ?? 0), 'SIGKILL');
  return run;
}

function assertAtRest(site: ScriptTarget): void {
  assert.deepEqual(readdirSync(runsOf(site)), []);
  assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
  assert.deepEqual(readdirSync(site.root).sort(), ['current', 'revisions']);
}

// Most of it is waiting.
describe('two hosts on shared storage', { concurrency: true }, () => {
  for (const shell of someShells('hosts')) {
    describe(`under ${shell}`, { concurrency: 3 }, () => {
      test('have names and starts of their own', async () => {
        await using two = await twoHosts(shell);
        const here = [two.one, two.two].map(async (site, index) => {
          const steps = index === 0 ? quick : two.onTwo;
          const run = site.session({ ...steps, revision: `v${index}` });
          await run.session.perform(['preflight', 'lock']);
          const told = readFileSync(`${runsOf(two.one)}/${run.token}/here`, 'utf8');
          await run.session.perform(['unlock'], { last: true });
          return told;
        });
        const [one = '', other = ''] = await Promise.all(here);
        assert.match(one, /^one\n[0-9a-f-]{36}\n$/);
        assert.match(other, /^two\n[0-9a-f-]{36}\n$/);
        assert.notEqual(one.split('\n')[1], other.split('\n')[1]);
      });

      test('a holder that beats is waited for by the other host, far beyond its lease', async () => {
        await using two = await twoHosts(shell);
        const holder = two.one.session({ ...quick, revision: 'v2' });
        await holder.session.perform(whole.deploy.slice(0, switched));
        const impatient = two.two.perform('deploy', 'v3', { ...two.onTwo, lockTimeout: 12 });
        await assert.rejects(impatient, { code: 'LOCKED' });
        const waiting = two.two.perform('deploy', 'v4', two.onTwo);
        await holder.session.perform(whole.deploy.slice(switched), { last: true });
        const { of } = await waiting;
        assert.deepEqual(of('settled'), []);
        assert.deepEqual(of('previous').at(-1), ['v2']);
        assert.equal(two.one.active(), 'v4');
      });

      for (const steps of [4, switched, 7]) {
        test(`one that was killed after ${whole.deploy[steps - 1] ?? ''} is taken over by the other host, and put back`, async () => {
          await using two = await twoHosts(shell);
          const dead = await killedAfter(steps, two);
          const next = await two.two.perform('deploy', 'v3', two.onTwo);
          assert.deepEqual(next.of('settled'), [[dead.token]]);
          assert.deepEqual(next.of('previous').at(-1), ['v1']);
          assert.equal(two.one.active(), 'v3');
          if (steps >= switched) assert.match(two.one.journal(), /returned v2 [^\n]*\n+created v3/);
          assertAtRest(two.one);
        });
      }

      test('a process that has the id of a dead run’s command on the other host is not killed', async () => {
        await using two = await twoHosts(shell);
        const stranger = await bystander(two.hosts[1]);
        noteCommand(two.one, await killedAfter(switched, two), stranger);
        await two.two.perform('deploy', 'v3', two.onTwo);
        assert.ok(stranger.alive(), 'its id meant a process of host one');
        // Were it the same host, it would be killed: the test can tell.
        const known = await bystander(two.hosts[0]);
        noteCommand(two.one, await killedAfter(switched, two), known);
        await two.one.perform('deploy', 'v4', quick);
        await until('the command is killed', () => !known.alive());
      });

      test('eight runs at once on both, some killed: never two holders', async (t) => {
        await using two = await twoHosts(shell);
        const ended = Array.from({ length: 8 }, async (_, index) => {
          const steps = index % 2 === 0 ? quick : two.onTwo;
          const run = (index % 2 === 0 ? two.one : two.two).session({
            ...steps,
            revision: `w${index}`,
            lockTimeout: 120,
          });
          if (index === 2 || index === 5) {
            void (async () => {
              while (run.of('step').length < index + 1 && (await sleep(5, true)));
              process.kill(-(run.connection.pids[0] ?? 0), 'SIGKILL');
            })();
          }
          return run.session.perform(whole.deploy, { last: true }).then(
            () => run.token,
            () => undefined,
          );
        });
        const survivors = (await Promise.all(ended)).filter((token) => token !== undefined);
        assert.ok(survivors.length >= 6);
        await two.two.perform('deploy', 'last', two.onTwo);
        assertNeverTwoHolders(two.one, survivors);
        assert.equal(two.one.active(), 'last');
        assertAtRest(two.one);
        t.diagnostic(`${8 - survivors.length} killed of 8`);
      });
    });
  }
});
