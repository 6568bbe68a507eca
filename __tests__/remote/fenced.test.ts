import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';
import { until } from '../rig/until.ts';

const quick = { lease: 4, beat: 300, lockTimeout: 60 };

/** The tool that is about to do it, when it is, and which revision the other run deploys meanwhile. */
const moments = [
  ['creating its revision', 'mkdir', 'case $* in *v2*) true ;; *) false ;; esac', 'other'],
  ['making its links beside the active one', 'mkdir', 'case $* in *forth*) true ;; *) false ;; esac', 'other'],
  ['recording that it created its revision', 'date', '[ -d "$HOME/site/revisions/v2" ]', 'v2'],
] as const;

for (const shell of someShells('fenced')) {
  describe(`a holder that was frozen, and wakes after another took over, under ${shell}`, { concurrency: true }, () => {
    for (const [what, tool, when, other] of moments) {
      test(`while ${what}: it changes nothing any more`, { timeout: 60_000 }, async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        // A tool that stops its whole process group once, just before it does its work.
        const stop = 'mkdir "$HOME/once" 2>/dev/null && kill -STOP "-$(cat "$HOME/group")"';
        site.shim(tool, `if ${when}; then ${stop}; fi`);
        const frozen = site.session({ revision: 'v2', ...quick, shimmed: true });
        const performed = frozen.session.perform(whole.deploy, { last: true });
        performed.catch(() => undefined);
        writeFileSync(`${site.home}/group`, String(frozen.connection.pids[0]));
        await until('the run is stopped', () => readdirSync(site.home).includes('once'));
        await site.perform('deploy', other, quick);
        await site.perform('deploy', 'v3');
        const before = [site.journal(), ...site.revisions()];
        process.kill(-(frozen.connection.pids[0] ?? 0), 'SIGCONT');
        await assert.rejects(performed);
        frozen.session.close();
        assert.deepEqual([site.journal(), ...site.revisions()], before);
        assert.deepEqual(readdirSync(site.root).sort(), ['current', 'revisions']);
        await site.perform('rollback');
        assert.equal(site.active(), other);
      });
    }
  });
}
