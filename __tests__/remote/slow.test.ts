import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shells } from '../rig/local-connection.ts';
import { scriptTarget } from '../rig/script-target.ts';

// Most of it is waiting.
describe('a target that is slow', { concurrency: true }, () => {
  for (const shell of shells) {
    test(`letting go of the lock over many beats is no takeover, under ${shell}`, async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      site.shim('mv', 'case $* in */lock*/released) sleep 1 ;; esac');
      site.shim('rm', 'case $* in */gone-*) sleep 5 ;; esac');
      const { of } = await site.perform('deploy', 'v2', { shimmed: true, beat: 200 });
      assert.deepEqual(of('completed'), [['v2']]);
      assert.deepEqual(of('step').at(-1), ['unlock']);
      assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
    });
  }
});
