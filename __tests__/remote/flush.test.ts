import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { scriptTarget } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

const flushed = { shimmed: true, config: { sync: true } };

for (const shell of someShells('flush')) {
  describe(`the flush before the switch, under ${shell}`, { concurrency: true }, () => {
    test('a disk that cannot write the revision keeps it from being switched to', async () => {
      await using site = await scriptTarget(shell);
      await site.perform('deploy', 'v1');
      site.shim('sync', `case $* in *v2*) echo "sync: error syncing '$2': Input/output error" >&2; exit 1 ;; esac`);
      await assert.rejects(site.perform('deploy', 'v2', flushed), /v2 cannot be written to the disk: .*Input\/output/);
      assert.equal(site.active(), 'v1');
      assert.deepEqual(site.revisions(), ['v1']);
    });

    test('a disk that cannot write the completion is a warning: what is switched to is whole', async () => {
      await using site = await scriptTarget(shell);
      site.shim('sync', `case $* in *journal*) echo "sync: '$2': No space left on device" >&2; exit 1 ;; esac`);
      const { of } = await site.perform('deploy', 'v1', flushed);
      assert.match(String(of('warning')), /completion may be lost if the power fails: .*No space left/);
      assert.deepEqual(of('completed'), [['v1']]);
    });

    test('a sync that takes no path flushes everything', async () => {
      await using site = await scriptTarget(shell);
      site.shim('sync', `[ $# -eq 0 ] || { echo 'usage: sync' >&2; exit 1; }; echo all >> "$HOME/flushes"`);
      const { of } = await site.perform('deploy', 'v1', flushed);
      assert.deepEqual(of('warning'), []);
      assert.equal(site.active(), 'v1');
      assert.equal(readFileSync(`${site.home}/flushes`, 'utf8'), 'all\nall\n');
    });
  });
}
