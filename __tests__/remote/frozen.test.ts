import assert from 'node:assert/strict';
import { writeFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';
import { until } from '../rig/until.ts';

const quick = { lease: 4, beat: 300, lockTimeout: 60 };

// Most of it is waiting.
describe('a holder that was frozen and wakes after another took over', { concurrency: true }, () => {
  for (const shell of someShells('frozen')) {
    describe(`under ${shell}`, { concurrency: true }, () => {
      test('between two steps: takes no further step', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const frozen = site.session({ revision: 'v2', ...quick });
        await frozen.session.perform(whole.deploy.slice(0, 5));
        const group = -(frozen.connection.pids[0] ?? 0);
        process.kill(group, 'SIGSTOP');
        const next = await site.perform('deploy', 'v3', quick);
        assert.deepEqual(next.of('settled'), [[frozen.token]]);
        process.kill(group, 'SIGCONT');
        await assert.rejects(frozen.session.perform(whole.deploy.slice(5), { last: true }), /took over|lost/);
        frozen.session.close();
        assert.equal(site.active(), 'v3');
        assert.deepEqual(site.revisions(), ['v1', 'v3']);
      });

      for (const moment of ['forth', 'purged']) {
        test(`in the very rename (${moment}): it fails for want of its source or place`, async () => {
          await using site = await scriptTarget(shell);
          for (const name of ['v1', 'v2', 'v3', 'v4']) await site.perform('deploy', name);
          // An `mv` that stops its whole process group once, just before it does its work.
          site.shim(
            'mv',
            `case "$*" in *${moment}*) if mkdir "$HOME/once" 2>/dev/null; then kill -s STOP -- "-$(cat "$HOME/group")"; fi ;; esac`,
          );
          const frozen = site.session({ revision: 'v5', ...quick, shimmed: true });
          const performed = frozen.session.perform(whole.deploy, { last: true });
          performed.catch(() => undefined);
          writeFileSync(`${site.home}/group`, String(frozen.connection.pids[0]));
          await until('the run is stopped', () => readdirSync(site.home).includes('once'));
          await site.perform('deploy', 'v6', quick);
          const before = [site.active(), ...site.revisions()];
          process.kill(-(frozen.connection.pids[0] ?? 0), 'SIGCONT');
          await assert.rejects(performed);
          frozen.session.close();
          assert.deepEqual([site.active(), ...site.revisions()], before);
          assert.equal(site.active(), 'v6');
        });
      }
    });
  }
});
