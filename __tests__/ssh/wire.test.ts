import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { partsOf } from '../../src/ssh/wire/parts.ts';

const packageOf = (path: string): { version?: string; dependencies?: Record<string, string> } =>
  JSON.parse(readFileSync(new URL(`../../${path}package.json`, import.meta.url), 'utf8')) as object;

test('the overrides belong to exactly this version of ssh2: read its changes before this line is', () => {
  assert.equal(packageOf('node_modules/ssh2/').version, '1.17.0');
  assert.equal(packageOf('').dependencies?.['ssh2'], '1.17.0');
});

test('the parts of ssh2 that are overridden are where they are expected', () => {
  const client = new ssh2.Client().on('error', () => undefined);
  client.connect({ sock: new PassThrough(), username: 'me' });
  const { _protocol: protocol, _chanMgr: channels, _sock: stream } = partsOf(client);
  const handlers = { ...protocol._handlers };
  for (const name of ['CHANNEL_OPEN_CONFIRMATION', 'CHANNEL_DATA', 'CHANNEL_EXTENDED_DATA'] as const)
    assert.equal(typeof handlers[name], 'function', name);
  assert.equal(typeof channels.get, 'function');
  assert.ok(stream instanceof PassThrough);
});
