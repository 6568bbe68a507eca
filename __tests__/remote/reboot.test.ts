import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { bystander, runOn, startHost } from '../rig/host.ts';
import { scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

const quick = { lease: 4, beat: 300, lockTimeout: 30, shimmed: true };
const switched = 6;
const completed = 8;

// Most of it is waiting.
describe('a target that is reset in the middle of a run', { concurrency: true }, () => {
  for (const shell of someShells('reboot')) {
    for (const steps of [2, 4, 5, switched, 7, completed]) {
      test(`after ${whole.deploy[steps - 1] ?? ''}: the next run settles it before anything else, under ${shell}`, async () => {
        await using host = await startHost('target');
        await using site = await scriptTarget(shell);
        runOn(site, host);
        await site.perform('deploy', 'v1', quick);
        const run = site.session({ ...quick, revision: 'v2', again: ['echo again >> ../../log'] });
        await run.session.perform(whole.deploy.slice(0, steps));

        await host.reboot();
        runOn(site, host);
        // A listener's command of that run had an id that now is another program's.
        const stranger = await bystander(host);
        const commands = `${site.root}/revisions/.shipper/runs/${run.token}/commands`;
        mkdirSync(commands, { recursive: true });
        writeFileSync(`${commands}/1`, `${stranger.pid} ${stranger.start}\n`);
        assert.equal(site.active(), steps >= switched ? 'v2' : 'v1');
        const next = await site.perform('deploy', 'v3', quick);

        assert.ok(stranger.alive());
        assert.deepEqual(next.of('settled'), [[run.token]]);
        assert.deepEqual(next.of('previous').at(-1), [steps === completed ? 'v2' : 'v1']);
        assert.equal(site.active(), 'v3');
        if (steps >= switched && steps < completed) {
          assert.match(site.journal(), /returned v2 [^\n]*\n+created v3/);
          assert.equal(readFileSync(`${site.root}/log`, 'utf8'), 'again\n');
        }
        const kept = site.revisions().filter((name) => name !== 'v2' || steps < switched);
        assert.deepEqual(kept, ['v1', 'v3']);
        assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
        assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
      });
    }
  }
});
