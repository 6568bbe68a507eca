import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenersFor, startModules, workspaceWith } from '../modules/fixture.ts';
import { scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

const lease = 4;
const hooks = `import { execSync } from 'node:child_process';
  export class Hooks { build() { execSync('sleep ${lease * 3 + 1}'); } }`;

// The same process of modules, session and script as in a run, with a tenth of its lease.
describe('a module that blocks its thread for three leases', { concurrency: true }, () => {
  for (const shell of someShells('blocked')) {
    test(`keeps the lock: nobody takes over, and its run completes, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      await using workspace = await workspaceWith({ 'hooks.js': hooks });
      await using modules = await startModules(workspace, listenersFor('after:create_revision', 'hooks.Hooks.build'));
      await site.perform('deploy', 'v1');
      const quick = { lease, beat: 300 };
      const holder = site.session({ ...quick, revision: 'v2' });
      await holder.session.perform(whole.deploy.slice(0, 4));
      const start = performance.now();
      const blocked = modules.call(0).then(() => performance.now() - start);
      await sleep(100);
      const contender = site.perform('deploy', 'v3', { ...quick, lockTimeout: lease * 2 });
      await assert.rejects(contender, { code: 'LOCKED' });
      assert.ok((await blocked) > lease * 3000);
      await holder.session.perform(whole.deploy.slice(4), { last: true });
      assert.equal(site.active(), 'v2');
    });
  }
});
