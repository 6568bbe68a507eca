import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { unpack } from '../../src/upload/compress.ts';

const megabyte = 1024 * 1024;

for (const [what, packing, bytes] of [
  ['that is damaged', 'gzip', Buffer.from('nonsense')],
  ['that is packed otherwise than was asked', 'xz', Buffer.from('x')],
] as const) {
  test(`an index ${what} is an error of the upload`, async () => {
    await assert.rejects(unpack(packing, bytes, megabyte), { code: 'UPLOAD', message: /^the index of what is there/ });
  });
}

test('an index that unpacks to far more than it may is left aside', async () => {
  assert.equal(await unpack('gzip', gzipSync(Buffer.alloc(200 * megabyte)), megabyte), undefined);
});
