import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { startNginx } from '../rig/nginx.ts';
import { scriptTarget } from '../rig/script-target.ts';
import { isLarge, share } from '../rig/share.ts';
import { underLoad } from '../rig/wrk.ts';

const rounds = isLarge ? 25 : 5;

for (const shell of share('web servers', ['dash', 'busybox'] as const, 1)) {
  test(`nginx under load answers every request rightly over ${String(rounds * 2)} switches under ${shell}`, async (t) => {
    await using site = await scriptTarget(shell);
    const source = `${site.home}/source`;
    mkdirSync(`${source}/deep`, { recursive: true });
    writeFileSync(`${source}/deep/file`, 'whole\n');
    const config = { sourceDir: source };
    await site.perform('deploy', 'first', { config });
    await using nginx = await startNginx(`${site.root}/current`);
    const load = await underLoad(`${nginx.url}/deep/file`, 'whole\n', async () => {
      for (let round = 0; round < rounds; round += 1) {
        await site.perform('deploy', `v${String(round)}`, { config });
        await site.perform('rollback');
      }
    });
    t.diagnostic(`${String(load.requests)} requests over ${String(rounds * 2)} switches`);
    assert.deepEqual([load.wrong, load.unanswered], [0, 0]);
    assert.ok(load.requests > (isLarge ? 2_000 : 200));
    const missing = await fetch(`${nginx.url}/missing`);
    assert.equal(missing.status, 404, 'nginx does look at the disk');
  });
}

test('the load generator sees a switch that is none', async () => {
  await using site = await scriptTarget('dash');
  await site.perform('deploy', 'v1');
  writeFileSync(`${site.root}/revisions/v1/file`, 'whole\n');
  await using nginx = await startNginx(`${site.root}/current`);
  const load = await underLoad(`${nginx.url}/file`, 'whole\n', async () =>
    site.perform('deploy', 'v2').then(() => undefined),
  );
  assert.ok(load.wrong > 0, 'v2 has no such file');
});
