import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { shipTo } from '../rig/ship.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

const site: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: 3_000 }, (_, index) => [`site/part${index % 30}/file${index}.txt`, `file ${index}\n`]),
);

interface UploadNumbers {
  readonly compared: boolean;
  readonly added: { readonly files: number; readonly each?: unknown };
  readonly changed: { readonly files: number };
  readonly removed: { readonly files: number };
  readonly same: { readonly files: number };
}

test('the plan of 3,000 files names the first, counts all, has a file with the rest, and is what comes', async () => {
  await using server = await startSshd();
  const events = {
    'after:create_revision': ['hooks.Site.build', { upload: 'site', to: 'public' }],
    'after:link_current_revision': [{ run: 'true', once: true }],
  };
  const hooks = 'export class Site { build() {} }\n';
  await using ship = await shipTo(
    server,
    { config: { base_dir: server.root }, events },
    { ...site, 'hooks.mjs': hooks },
  );
  await ship.succeed({ revision: 'v1' });
  const place = (name: string): string => join(ship.workspace.path, 'site', name);
  for (let index = 0; index < 40; index += 1) writeFileSync(place(`new${index}.txt`), 'x'.repeat(1_000));
  for (let index = 0; index < 60; index += 1) writeFileSync(place(`part${index % 30}/file${index}.txt`), 'changed');
  rmSync(place('part29/file2999.txt'));

  await using kept = await temporaryDirectory('kept');
  const plan = await ship.succeed({ revision: 'v2', 'dry-run': 'true' }, { RUNNER_TEMP: kept.path });
  const totals = '40 files added (40.0 kB), 60 files changed (420 B), 1 file removed (10 B), 2,939 files as now';
  assert.ok(plan.stdout.includes(`  upload  ${totals} (`), plan.stdout);
  assert.match(plan.stdout, /\n {12}\+ public\/new0\.txt +1\.0 kB\n/);
  assert.match(plan.stdout, /\n {12}and 81 more\n/);
  assert.match(
    plan.stdout,
    /\n {2}after:create_revision +hooks\.Site\.build +runner\n {2}after:create_revision +upload site +127\.0\.0\.1\n/,
  );
  assert.match(plan.stdout, /\nnote: what hooks\.Site\.build uploads, if it does, cannot be foreseen\n/);
  assert.ok(plan.lines.length < 80, `${plan.lines.length} lines`);
  const whole = await readFile(plan.outputs['plan'] ?? '', 'utf8');
  assert.match(whole, /\n {12}- public\/part29\/file2999\.txt +10 B\n/);
  assert.equal(whole.match(/^ {12}[+!-] public\//gm)?.length, 101);
  assert.ok((plan.outputs['result'] ?? '').length < 4_000, 'the names are not in the output');
  const { uploads } = (plan.result?.targets[0] as { plan?: { uploads?: UploadNumbers } }).plan ?? {};
  const numbers = [uploads?.added.files, uploads?.changed.files, uploads?.removed.files, uploads?.same.files];
  assert.deepEqual([uploads?.compared, ...numbers], [true, 40, 60, 1, 2_939]);
  assert.match(
    plan.summary,
    /^### 📝 A deploy of `v2` to `127\.0\.0\.1`, planned only: `v1` is still live on `127\.0\.0\.1`\n/,
  );
  assert.match(plan.summary, /\n```diff\n\+ public\/new0\.txt/);

  await ship.succeed({ revision: 'v2' });
  const counted = await server.sh('find current/public -type f | wc -l; grep -rl changed current/public | wc -l');
  assert.equal(counted, '3039\n60');
  const back = await ship.succeed({ command: 'rollback', 'dry-run': 'true' });
  assert.match(back.stdout, /\n {2}switch .* from v2 to v1\n {2}mark {4}v2 as bad: /);
  assert.equal(await ship.active(), 'v2');
});
