import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Result } from '../../src/deploy/result.ts';
import { summaryOf } from '../../src/deploy/summary.ts';
import { ShipperError } from '../../src/errors.ts';

const result: Result = {
  command: 'deploy',
  dryRun: false,
  status: 'succeeded',
  targets: [
    {
      host: 'a',
      name: 'web | 1',
      status: 'succeeded',
      revision: 'v2',
      active: 'v2',
      previousRevision: 'v1',
      purged: ['v0'],
      steps: [{ name: 'connect', milliseconds: 1250 }],
    },
  ],
};

test('the summary has one row a target, which no name can break', () => {
  const lines = summaryOf(result, undefined, { lines: [], seconds: 3.71 }).split('\n');
  assert.equal(lines[0], '### 🚢 deploy: succeeded, in 3.7 s');
  assert.equal(lines.at(-1), '| `web   1` | succeeded | `v2` | `v2` | `v1` | `v0` |');
});

test('a failure is quoted in a fence that it cannot end', () => {
  const error = new ShipperError('TARGET', 'it said:\n```\n# hi');
  assert.ok(
    summaryOf({ ...result, status: 'failed' }, error, { lines: [], seconds: 1 }).endsWith(
      '\n\n````\nTARGET: it said:\n```\n# hi\n````',
    ),
  );
});

test('what was only read is shown as in the log', () => {
  const lines = ['web: v2 is active', '  →  v2  completed'];
  const status = summaryOf({ ...result, command: 'status' }, undefined, { lines, seconds: 1 });
  assert.equal(status, '### 🚢 status: succeeded, in 1.0 s\n\n```\nweb: v2 is active\n  →  v2  completed\n```');
  assert.match(
    summaryOf({ ...result, dryRun: true }, undefined, { lines, seconds: 1 }),
    /^### 🚢 dry run of deploy: succeeded, in 1\.0 s\n\n```\nweb/,
  );
});
