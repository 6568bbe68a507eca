import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { deferred } from '../../src/deferred.ts';
import { drained } from '../../src/remote/drained.ts';
import type { Channel, Exit } from '../../src/ssh/connection-types.ts';

/** A channel whose program has ended with status 3, and which both sides have closed. */
function endedChannel(): { readonly channel: Channel; readonly stderr: PassThrough } {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const exit = deferred<Exit>();
  exit.resolve({ code: 3, signal: undefined });
  const closed = Promise.all([once(stdout, 'end'), once(stderr, 'end')]).then(() => undefined);
  stdout.resume().end();
  const freed = Promise.resolve();
  return { channel: { stdin, stdout, stderr, exit: exit.promise, kill: () => undefined, closed, freed }, stderr };
}

test('what stands in a stream when its channel is closed is waited for', async () => {
  const { channel, stderr } = endedChannel();
  let said = '';
  stderr.on('data', (data: Buffer) => (said += data.toString()));
  const ended = drained(channel);
  setImmediate(() => stderr.end('its last word'));
  assert.deepEqual(await ended, { code: 3, signal: undefined });
  assert.equal(said, 'its last word');
});

test('a stream that somebody still holds is not waited for once it is silent', async () => {
  const { channel } = endedChannel();
  assert.deepEqual(await drained(channel), { code: 3, signal: undefined });
});
