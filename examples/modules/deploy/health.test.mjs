import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stand } from 'shipper/stand.mjs';
import { Health } from './health.mjs';

test('a server that does not answer fails the deploy, by its name', async () => {
  const { shipper } = await stand({ event: 'after:link_current_revision', answer: () => ({ code: 22 }) });
  await assert.rejects(new Health(shipper).check(), /not well: web1\.example\.com/);
});

test('one that answers is told', async () => {
  const { shipper, commands, logged } = await stand({ answer: () => ({ stdout: 'up' }) });
  await new Health(shipper).check();
  assert.equal(commands.length, 1);
  assert.deepEqual(logged, [{ level: 'notice', message: 'all are well' }]);
});
