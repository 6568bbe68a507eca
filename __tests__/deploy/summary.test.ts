import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotated, headlineOf } from '../../src/deploy/headline.ts';
import type { Result, Status, TargetResult } from '../../src/deploy/result.ts';
import { failureSummaryOf, summaryOf } from '../../src/deploy/summary.ts';
import { ShipperError } from '../../src/errors.ts';
import { now, pages, planWith, resultOf, targetOf, told } from '../rig/pages.ts';

const fleet = (more: Partial<TargetResult>, ...names: readonly string[]): readonly TargetResult[] =>
  names.map((name) => targetOf(name, more));
const lineOf = (targets: readonly TargetResult[], more: Partial<Result> = {}): string =>
  headlineOf(resultOf(targets, more)).text;
const being = (status: Status, active: string | undefined): Partial<TargetResult> => ({ status, active });
const old = 'v1.2.1';

const headlines: readonly (readonly [string, string])[] = [
  [lineOf(fleet({}, 'web1')), 'v1.3.0 is live on web1'],
  [lineOf(fleet({}, 'a', 'b', 'c')), 'v1.3.0 is live on a, b, c'],
  [lineOf(fleet({}, ...Array.from('abcdefghij'))), 'v1.3.0 is live on 10 targets'],
  [lineOf(fleet({ status: 'unchanged' }, 'web1')), 'v1.3.0 is live on web1, as it was: there was nothing to do'],
  [
    lineOf(fleet({ active: old }, 'web1'), { command: 'prepare' }),
    'v1.3.0 is prepared on web1 and waits for activate; v1.2.1 is live on web1',
  ],
  [lineOf(fleet({ revision: old, active: old }, 'web1'), { command: 'rollback' }), 'v1.2.1 is live again on web1'],
  [lineOf(fleet(being('failed', old), 'web1')), 'v1.3.0 did not go live; v1.2.1 is still live on web1'],
  [
    lineOf(fleet({ ...being('failed', undefined), previousRevision: undefined }, 'web1')),
    'v1.3.0 did not go live; nothing was changed on web1',
  ],
  [
    lineOf(fleet(being('returned', old), 'web1')),
    'v1.3.0 failed after the switch and was taken back; v1.2.1 is live again on web1',
  ],
  [
    lineOf(fleet({ ...being('returned', undefined), previousRevision: '/srv/old' }, 'web1')),
    'v1.3.0 failed after the switch and was taken back; /srv/old is live again on web1',
  ],
  [lineOf(fleet({ status: 'stayed' }, 'web1')), 'v1.3.0 is live on web1, though the run failed after the switch'],
  [lineOf(fleet(being('cancelled', old), 'web1')), 'Cancelled; v1.2.1 is still live on web1'],
  [
    lineOf(fleet(being('returned', old), 'web1'), { status: 'cancelled' }),
    'Cancelled after the switch; v1.2.1 is live again on web1',
  ],
  [
    lineOf([targetOf('web1', being('returned', old)), targetOf('web2', { status: 'unknown' })], { status: 'unknown' }),
    'What is live on web2 is not known: look with the command status; elsewhere v1.2.1 is live on web1',
  ],
  [
    lineOf([targetOf('web1'), targetOf('web2', { active: old })], { command: 'status' }),
    'v1.3.0 is live on web1, v1.2.1 is live on web2',
  ],
  [
    lineOf([targetOf('web1'), targetOf('web2', being('failed', undefined))], { command: 'status', status: 'failed' }),
    'web2 could not be read; v1.3.0 is live on web1',
  ],
  [
    lineOf(fleet({ active: old }, 'web1'), { dryRun: true }),
    'A deploy of v1.3.0 to web1, planned only: v1.2.1 is still live on web1',
  ],
];

for (const [line, expected] of headlines) {
  test(`the first line says what is live now: ${expected}`, () => assert.equal(line, expected));
}

test('the error annotation says what is live now', () => {
  const error = new ShipperError('LISTENER', 'the check failed', {
    target: 'web1',
    step: 'after:link_current_revision',
  });
  const annotation = annotated(error, resultOf(fleet(being('returned', old), 'web1')));
  assert.equal(
    annotation.message,
    'the check failed\nNow: v1.3.0 failed after the switch and was taken back; v1.2.1 is live again on web1.',
  );
  assert.deepEqual(
    [annotation.code, annotation.target, annotation.step],
    ['LISTENER', 'web1', 'after:link_current_revision'],
  );
});

test('a success has before and after, what was sent and purged, and a chart', () => {
  const page = pages['success'] ?? '';
  assert.match(page, /^### 🚢 `v1\.3\.0` is live on `app\.example\.com`\n/);
  assert.match(page, /\n\| `app\.example\.com` \| `v1\.3\.0` \| `v1\.2\.1` \| `v1\.0\.4` \|\n/);
  assert.match(page, /📦 `upload public: 3,012 files verified/);
  assert.match(page, /```mermaid\ngantt\n {2}dateFormat x\n {2}axisFormat %s s\n {2}tickInterval 1second\n/);
  assert.match(page, /\n {2}after link_current_revision \(640 ms\) :3010, 3650\n/);
});

test('of a fleet that went back, the culprit is marked, and live and before are one column', () => {
  const page = pages['returned'] ?? '';
  assert.match(page, /\n\| target \| live \| {2}\|\n/);
  assert.match(
    page,
    /\n\| `web1` \| `v1\.2\.1` \| returned \|\n\| `web2` \| `v1\.2\.1` \| \*\*❌ LISTENER, returned\*\* \|/,
  );
  assert.equal(page.split('exit status 22').length, 2, 'each cause once');
  assert.match(page, /1 warning<\/summary>\n\n```text\nweb1, create_symlinks: .* \(the same on web3\)\n```/);
  assert.match(page, /:crit, 3010, 3650/);
});

test('a plan has commits with links, what would be done, files, listeners, and what to do next', () => {
  const page = pages['plan'] ?? '';
  assert.match(
    page,
    /\n\| comes \| \[`fedcba9`\]\(https:\/\/github\.com\/octo-org\/site\/commit\/fedcba9876543210[0-9a-f]+\) \| `Log in by passkey` \| `octocat` \|\n/,
  );
  assert.match(
    page,
    /\n\| \*\*upload\*\* \| 1 file added \(41\.2 kB\), 2 files changed \(10\.1 kB\), 1 file removed \(40\.9 kB\), 3,008 files as now \(19\.8 MB\) \|\n/,
  );
  assert.match(
    page,
    /\n\| \*\*link\*\* \| `public\/uploads` → `\/var\/www\/app\/share\/uploads` \(now a directory\) \|\n/,
  );
  assert.match(page, /```diff\n\+ assets\/app-9f1c2b\.js +41\.2 kB\n! index\.php +1\.9 kB\n/);
  assert.match(
    page,
    /\n\| `after:create_symlinks` \| `run php artisan migrate --force` \| `app\.example\.com, once` \|\n/,
  );
  assert.match(page, /\n_Nothing was changed\. The same run without `dry-run` does it\._\n$/);
});

test('a rollback says how to go forward again', () => {
  assert.match(pages['rollback'] ?? '', /\nTo go forward again: deploy, or `rollback` with `revision` `v1\.3\.0`\./);
});

test('whatever a commit, a file or a link says stays text', () => {
  const odd = 'x`|<img src=x>\n# title\n```\n@octocat \u001b[31m\u202e :rocket:';
  const file = { files: 1, bytes: 1, each: [{ path: odd, bytes: 1 }] };
  const none = { files: 0, bytes: 0, each: [] };
  const plan = planWith({
    uploads: { compared: true, added: file, changed: none, removed: file, same: none, replaced: 0 },
    links: [{ path: odd, source: odd, dangling: true, now: { link: odd }, replaces: false }],
    commits: { from: odd, to: odd, added: [{ hash: odd, author: odd, subject: odd }], dropped: [], note: odd },
    notes: [odd],
    adopts: { revisions: [odd], order: odd },
  });
  const listener = { event: 'on:start' as const, what: odd, where: odd };
  const more = { dryRun: true, plan: { listeners: [listener], waves: [[odd], ['b']], pause: 0, notes: [odd] } };
  const page = summaryOf(
    resultOf([targetOf('a', { plan })], more),
    undefined,
    told({ commitPages: 'https://a/b/commit' }),
  );
  const outside = page.replace(/(`{3,})(?:text|diff)\n[\s\S]*?\n\1/g, '').replace(/`[^`\n]*`/g, '');
  assert.doesNotMatch(outside, /<img|@octocat|# title|:rocket:/);
  assert.doesNotMatch(page, /\p{Cc}(?<![\n])|\u202e/u);
});

test('a status has links to commits and runs, and only to where they can lead', () => {
  const page = pages['status'] ?? '';
  assert.match(page, /\[`0123456`\]\(https:\/\/github\.com\/octo-org\/site\/commit\/0123456789abcdef[0-9a-f]+\)/);
  assert.match(page, /\[run\]\(https:\/\/github\.com\/octo-org\/site\/actions\/runs\/\d+\)/);
  const odd = ['javascript:alert(1)', 'https://evil.example/) [x](https://y', 'https://a/b|c', 'https://user@a/'];
  for (const run of odd) {
    const revisions = [{ name: 'v1', state: 'completed' as const, commit: '<b>x</b>', run }];
    const other = summaryOf(resultOf([targetOf('a', { revisions })], { command: 'status' }), undefined, told());
    assert.ok(!other.includes(run) && other.includes('`<b>x</b>`'), other);
  }
});

test('whatever a target or a listener says stays text', () => {
  const odd = 'x`|<img src=x>\n# title\n```\n@octocat ~~~ \u001b[31m\u202e <!-- :rocket:';
  const page = summaryOf(
    resultOf([targetOf(odd, { active: odd, purged: [odd], error: { code: 'TARGET', message: odd } }), targetOf('b')]),
    new ShipperError('TARGET', odd),
    told({
      warnings: [{ message: odd, target: odd }],
      spans: [{ name: odd, kind: 'step', from: 0, to: 1, failed: true }],
      worth: [odd],
    }),
  );
  const outside = page.replace(/(`{3,})text\n[\s\S]*?\n\1/g, '').replace(/`[^`\n]*`/g, '');
  assert.doesNotMatch(outside, /<img|@octocat|# title|:rocket:|<!--/);
  assert.doesNotMatch(page, /\p{Cc}(?<![\n])|\u202e/u);
});

for (const [code, says] of [
  ['KEY', 'Nothing was contacted, and nothing has changed'],
  ['INPUT', 'Nothing was contacted, and nothing has changed'],
  ['CONFIG', 'Nothing was contacted, and nothing has changed'],
  ['INTERNAL', 'The run ended early: look with the command status what is live'],
] as const) {
  test(`a run that ended by ${code} before it began has a page too`, () => {
    const at = { file: 'shipper.json', line: 3, column: 1 };
    const page = failureSummaryOf(
      new ShipperError(code, [{ message: 'unknown key "hots"', at }, { message: 'and more' }]),
    );
    assert.equal(
      page,
      `### ❌ ${says}\n\n**${code}**\n\n\`\`\`text\nshipper.json:3: unknown key "hots"\nand more\n\`\`\`\n`,
    );
  });
}

test('a page of 1,000 targets that differ stays under what the runner shows', () => {
  const revisions = Array.from({ length: 20 }, (_, index) => ({
    name: `v${index}`.repeat(20),
    state: 'completed' as const,
    createdAt: now.toISOString(),
    actor: 'octocat',
    commit: '0123456789abcdef0123456789abcdef01234567',
    run: `https://github.com/octo-org/site/actions/runs/${index}`,
  }));
  const targets = Array.from({ length: 1_000 }, (_, index) =>
    targetOf(`web${index}.example.com`, {
      ...being('failed', `v${index}`),
      revisions: revisions.slice(index % 15),
      plan: planWith({ creates: `/srv/${index}` }),
      error: { code: 'TARGET', message: `failure number ${index} ${'x'.repeat(300)}` },
    }),
  );
  const error = new ShipperError('TARGET', 'failure');
  for (const more of [{}, { command: 'status', status: 'failed' }, { dryRun: true }] as const) {
    const read = targets.map((target) => ({ ...target, status: 'succeeded' as const }));
    const page = summaryOf(resultOf('command' in more || 'dryRun' in more ? read : targets, more), error, told());
    assert.ok(Buffer.byteLength(page) < 1_000_000, String(Buffer.byteLength(page)));
  }
});
