import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startSshd } from '../rig/sshd.ts';
import { logOf, siteOn } from './site.ts';

const server = await startSshd();
after(async () => server[Symbol.asyncDispose]());

/** Fails for the new revision, and says where it was called. */
const check = {
  run: 'echo "in $(pwd -P), called ${SHIPPER_REVISION:-nothing}"; [ "$SHIPPER_REVISION" != v1 ]',
};

describe('a deploy that is put back', { concurrency: true }, () => {
  test('the first one: no active symlink, and no output that says otherwise', async () => {
    await using site = await siteOn(server, { events: { 'after:link_current_revision': [check] } });
    const run = await site.run({ revision: 'v1' });
    assert.equal(run.result?.status, 'returned', logOf(run));
    assert.equal(await site.active(), '');
    assert.equal(run.outputs['active-revision'], '');
    assert.match(logOf(run), /switched back to no active symlink, as before/);
  });

  test('to what another tool had made: the listeners are called there again', async () => {
    await using site = await siteOn(server, { events: { 'after:link_current_revision': [check] } });
    await site.put('mkdir old; ln -s old current');
    const run = await site.run({ revision: 'v1' });
    assert.equal(run.result?.status, 'returned', logOf(run));
    assert.equal(await site.sh('readlink current'), 'old');
    assert.match(logOf(run), /switched back to old/);
    assert.match(logOf(run), new RegExp(`in ${site.base}/old, called nothing`));
  });

  test('after it had purged: the backup is there again', async () => {
    await using site = await siteOn(server, {
      config: { revisions_to_keep: 1 },
      events: { 'before:completion': [{ run: '[ "$SHIPPER_REVISION" != v3 ]' }] },
    });
    for (const revision of ['v1', 'v2']) await site.succeed({ revision });
    const run = await site.run({ revision: 'v3' });
    assert.equal(run.result?.status, 'returned', logOf(run));
    assert.equal(run.outputs['purged'], '[]');
    const { outputs } = await site.succeed({ command: 'rollback' });
    assert.equal(outputs['active-revision'], 'v1');
  });
});
