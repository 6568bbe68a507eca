import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from '../../src/deploy/report.ts';
import type { Result, TargetResult } from '../../src/deploy/result.ts';

const now = new Date('2026-11-22T12:00:00Z');
const target: TargetResult = { host: 'a', name: 'web', status: 'succeeded', purged: [], steps: [] };
const status = (more: Partial<TargetResult>): readonly string[] => {
  const result: Result = { command: 'status', dryRun: false, status: 'succeeded', targets: [{ ...target, ...more }] };
  return describe(result, now);
};

test('the status is a table, newest first, with ages', () => {
  const lines = status({
    active: 'v12',
    revisions: [
      { name: 'by-hand', state: 'foreign' },
      { name: 'v9', state: 'bad', createdAt: '2026-11-19T11:00:00Z', actor: 'one', commit: '0123456789', run: '-' },
      { name: 'v12', state: 'completed', createdAt: '2026-11-20T12:00:00Z', activatedAt: '2026-11-22T10:59:00Z' },
    ],
  });
  assert.deepEqual(lines, [
    'web: v12 is active',
    '  →  v12      completed  1 hour ago',
    '     v9       bad        3 days ago  0123456  one  -',
    '     by-hand  foreign',
  ]);
});

for (const [at, age] of [
  ['2026-11-22T11:59:58Z', '2 seconds ago'],
  ['2026-11-22T11:58:59Z', '1 minute ago'],
  ['2026-11-21T12:00:01Z', '23 hours ago'],
  ['2026-11-22T12:00:09Z', '0 seconds ago'],
] as const) {
  test(`at ${now.toISOString()}, what was created at ${at} is from ${age}`, () => {
    const lines = status({ revisions: [{ name: 'v1', state: 'prepared', createdAt: at }] });
    assert.deepEqual(lines, ['web: no revision is active', `     v1  prepared  ${age}`]);
  });
}
