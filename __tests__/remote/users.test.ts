import assert from 'node:assert/strict';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Shell } from '../rig/local-connection.ts';
import { type ScriptTarget, scriptTarget, type Steps, whole } from '../rig/script-target.ts';
import { runAs } from '../rig/script-user.ts';
import { someShells } from '../rig/share.ts';

const group = 12_000;
const quick = { lease: 4, beat: 300, lockTimeout: 60 };

interface Two extends AsyncDisposable {
  readonly first: ScriptTarget;
  readonly second: ScriptTarget;
  readonly asFirst: Steps;
  readonly asSecond: Steps;
}

/** One site for two users; in a group of both, or each in their own. */
async function twoUsers(shell: Shell, groups = [group, group]): Promise<Two> {
  await using stack = new AsyncDisposableStack();
  const first = stack.use(await scriptTarget(shell));
  const second = stack.use(await scriptTarget(shell));
  await runAs(first, 12_001, groups[0] ?? 0);
  await runAs(second, 12_002, groups[1] ?? 0);
  mkdirSync(first.root);
  chownSync(first.root, 12_001, groups[0] ?? 0);
  chmodSync(first.root, 0o2775);
  const source = `${first.home}/source`;
  mkdirSync(`${source}/deep/er`, { recursive: true });
  writeFileSync(`${source}/deep/er/file`, 'whole\n');
  for (const directory of ['', '/deep', '/deep/er']) chmodSync(`${source}${directory}`, 0o775);
  const config = { umask: '002', sourceDir: source };
  const held = stack.move();
  return {
    first,
    second,
    asFirst: { shimmed: true, config, ...quick },
    asSecond: { shimmed: true, config, ...quick, target: first.target },
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

// Most of it is waiting.
describe('two users of one group', { concurrency: true }, () => {
  for (const shell of someShells('users')) {
    describe(`under ${shell}`, { concurrency: true }, () => {
      test('deploy in turn: each purges what the other made, and the owners are two', async () => {
        await using two = await twoUsers(shell);
        for (const name of ['v1', 'v3', 'v5']) {
          await two.first.perform('deploy', name, two.asFirst);
          await two.second.perform('deploy', `${name}b`, two.asSecond);
        }
        assert.equal(two.first.active(), 'v5b');
        assert.deepEqual(two.first.revisions(), ['v3b', 'v5', 'v5b']);
        const owners = ['v5', 'v5b'].map((name) => statSync(`${two.first.root}/revisions/${name}`).uid);
        assert.deepEqual(owners, [12_001, 12_002]);
        assert.equal(lstatSync(`${two.first.root}/current`).uid, 12_002);
        assert.deepEqual(two.first.states(), ['active', 'journal', 'runs', 'version']);
      });

      test('what only the first may delete is a warning to the second, and stays until the first deploys', async () => {
        await using two = await twoUsers(shell);
        const config = { ...two.asFirst.config, revisionsToKeep: 1 };
        for (const name of ['v1', 'v2']) await two.first.perform('deploy', name, two.asFirst);
        chmodSync(`${two.first.root}/revisions/v1`, 0o755);
        const { of } = await two.second.perform('deploy', 'v3', { ...two.asSecond, config });
        assert.match(String(of('warning')), /revision v1 could not be removed/);
        assert.deepEqual(two.first.revisions(), ['v1', 'v2', 'v3']);
        await two.first.perform('deploy', 'v4', { ...two.asFirst, config });
        assert.deepEqual(two.first.revisions(), ['v3', 'v4']);
      });

      test('the second rolls back what the first deployed, and the first goes forward again', async () => {
        await using two = await twoUsers(shell);
        for (const name of ['v1', 'v2']) await two.first.perform('deploy', name, two.asFirst);
        await two.second.perform('rollback', '', two.asSecond);
        assert.equal(two.first.active(), 'v1');
        await two.first.perform('rollback', 'v2', two.asFirst);
        assert.equal(two.first.active(), 'v2');
      });

      test('the second waits for the first, who lives, and deploys after it', async () => {
        await using two = await twoUsers(shell);
        await two.first.perform('deploy', 'v1', two.asFirst);
        const holder = two.first.session({ ...two.asFirst, revision: 'v2' });
        await holder.session.perform(whole.deploy.slice(0, 6));
        const impatient = two.second.perform('deploy', 'v3', { ...two.asSecond, lockTimeout: 8 });
        await assert.rejects(impatient, { code: 'LOCKED' });
        const waiting = two.second.perform('deploy', 'v4', two.asSecond);
        await holder.session.perform(whole.deploy.slice(6), { last: true });
        await waiting;
        assert.deepEqual(
          [...two.first.journal().matchAll(/^completed (\S+)/gm)].map(([, name]) => name),
          ['v1', 'v2', 'v4'],
        );
        assert.equal(two.first.active(), 'v4');
      });

      for (const taken of [2, 4, 5, 6, 7]) {
        test(`the second takes over from the first, killed after ${whole.deploy[taken - 1] ?? ''}`, async () => {
          await using two = await twoUsers(shell);
          await two.first.perform('deploy', 'v1', two.asFirst);
          const dead = two.first.session({ ...two.asFirst, revision: 'v2' });
          await dead.session.perform(whole.deploy.slice(0, taken));
          process.kill(-(dead.connection.pids[0] ?? 0), 'SIGKILL');
          const next = await two.second.perform('deploy', 'v3', two.asSecond);
          assert.deepEqual(next.of('settled'), [[dead.token]]);
          assert.deepEqual(next.of('previous').at(-1), ['v1']);
          assert.equal(two.first.active(), 'v3');
          assert.deepEqual(readdirSync(`${two.first.root}/revisions/.shipper/runs`), []);
          assert.deepEqual(readdirSync(two.first.root).sort(), ['current', 'revisions']);
          assert.deepEqual(
            two.first.revisions().filter((name) => name !== 'v2'),
            ['v1', 'v3'],
          );
          await two.first.perform('deploy', 'v4', two.asFirst);
          assert.equal(two.first.active(), 'v4');
        });
      }

      test('the second, in another group, is told what to do, and touches nothing', async () => {
        await using two = await twoUsers(shell, [group, 12_999]);
        await two.first.perform('deploy', 'v1', two.asFirst);
        await assert.rejects(two.second.perform('deploy', 'v2', two.asSecond), /may not write to .*sudo chown/);
        assert.equal(two.first.active(), 'v1');
        assert.deepEqual(two.first.revisions(), ['v1']);
        const { of } = await two.second.perform('status', '', two.asSecond);
        assert.deepEqual(of('active')[0]?.[0], 'v1');
      });
    });
  }
});
