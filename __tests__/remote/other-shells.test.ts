import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { findProgram } from '../rig/program.ts';
import { scriptTarget, whole } from '../rig/script-target.ts';
import { until } from '../rig/until.ts';

const packageOf = { ksh93: 'ksh93u+m', mksh: 'mksh', zsh: 'zsh' } as const;

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

// What a beat, a signal or the end of input does to `sleep`, `read` and `wait` differs from shell to shell.
describe('of shells that are seldom `sh`', { concurrency: true }, () => {
  for (const shell of ['ksh93', 'mksh', 'zsh'] as const) {
    test(`${shell}: odd names, going back, and a runner that falls silent after the switch`, async () => {
      await using site = await scriptTarget('dash');
      const bin = `${site.home}/other`;
      mkdirSync(bin);
      symlinkSync(await findProgram(shell, packageOf[shell]), `${bin}/sh`);
      const steps = { path: `${bin}:${process.env['PATH'] ?? ''}`, lease: 4, beat: 200 };
      for (const revision of ['a b', 'ö$(c)', 'd', 'e']) await site.perform('deploy', revision, steps);
      await site.perform('rollback', '', steps);
      assert.deepEqual([site.active(), site.revisions()], ['d', ['d', 'e', 'ö$(c)']]);
      const silent = site.session({ ...steps, revision: 'f', beat: 1e8 });
      await silent.session.perform(whole.deploy.slice(0, 6));
      assert.equal(site.active(), 'f');
      // As a beat does, which the watchdog must outlive.
      for (const pid of childrenOf(silent.connection.pids[0] ?? 0)) process.kill(pid, 'SIGUSR1');
      await until('the target has gone back', () => !site.states().includes('lock'));
      assert.deepEqual([site.active(), site.states()], ['d', ['active', 'journal', 'runs', 'version']]);
    });
  }
});
