import assert from 'node:assert/strict';
import { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { promisify } from 'node:util';
import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2';
import utils from 'ssh2/lib/protocol/utils.js';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { connectClient } from '../../src/ssh/wire/connect-client.ts';
import { partsOf } from '../../src/ssh/wire/parts.ts';
import { startSshd } from '../rig/sshd.ts';

const packageOf = (path: string): { version?: string; dependencies?: Record<string, string> } =>
  JSON.parse(readFileSync(new URL(`../../${path}package.json`, import.meta.url), 'utf8')) as object;

test('the overrides belong to exactly this version of ssh2: its client and protocol are read before the pin is moved', () => {
  assert.equal(packageOf('node_modules/ssh2/').version, '1.17.0');
  assert.equal(packageOf('').dependencies?.['ssh2'], '1.17.0');
});

test('the parts of ssh2 that are overridden are where they are expected', () => {
  const client = new ssh2.Client().on('error', () => undefined);
  client.connect({ sock: new PassThrough(), username: 'me', algorithms: { kex: ['curve25519-sha256'] } });
  const { _protocol: protocol, _chanMgr: channels, _sock: stream, ...rest } = partsOf(client);
  const names = ['SERVICE_ACCEPT', 'EXT_INFO', 'USERAUTH_PK_OK', 'GLOBAL_REQUEST'] as const;
  const ofChannels = [
    'CHANNEL_OPEN_CONFIRMATION',
    'CHANNEL_DATA',
    'CHANNEL_EXTENDED_DATA',
    'CHANNEL_WINDOW_ADJUST',
  ] as const;
  for (const name of [...names, ...ofChannels]) assert.equal(typeof protocol._handlers[name], 'function', name);
  const methods = ['service', 'authPassword', 'authPK', 'exec', 'channelData', 'requestFailure'] as const;
  for (const name of methods) assert.equal(typeof protocol[name], 'function', name);
  assert.equal(typeof partsOf(client)._resetKA, 'function');
  assert.equal(protocol._packetRW.write.allocStart, 5);
  assert.deepEqual(protocol._authsQueue, []);
  assert.deepEqual(protocol._offer.lists.kex.array, [
    'curve25519-sha256',
    'ext-info-c',
    'kex-strict-c-v00@openssh.com',
  ]);
  assert.deepEqual([typeof protocol._onHeader, typeof protocol._onPayload], ['function', 'function']);
  assert.ok('_decipher' in protocol && '_kex' in protocol && '_remoteVer' in rest);
  assert.equal(typeof channels.get, 'function');
  assert.ok(stream instanceof PassThrough);
  assert.deepEqual([typeof utils.convertSignature, typeof utils.sendPacket], ['function', 'function']);
});

test('ciphers have their keys as objects, after a renewal too: from bytes, Node throws twice a packet', async () => {
  await using server = await startSshd({ config: ['RekeyLimit 64K'] });
  const client = new ssh2.Client();
  const ready = once(client, 'ready');
  const { parsed } = readPrivateKey(server.keyText);
  const keys: unknown[] = [];
  const config: ConnectConfig = {
    sock: connect(server.port, server.host),
    username: server.user,
    authHandler: () => ({ type: 'publickey', username: server.user, key: parsed }),
    algorithms: { cipher: ['aes128-gcm@openssh.com'] },
    hostVerifier: () => true,
  };
  connectClient(client, config, { certificates: [], acceptCertificate: (key) => key, onProof: () => undefined });
  client.on('handshake', () => {
    const { _cipher: ours, _decipher: theirs } = partsOf(client)._protocol;
    keys.push(ours._encKey, theirs?._decipherKey);
  });
  await ready;
  const channel = await promisify<string, ClientChannel>(client.exec.bind(client))('head -c 300000 /dev/zero');
  await once(channel.resume(), 'close');
  const closed = once(
    client.removeAllListeners('error').on('error', () => undefined),
    'close',
  );
  client.end();
  await closed.catch(() => undefined); // The server may end it by a reset.
  assert.ok(keys.length >= 4, 'renewed');
  assert.ok(keys.every((key) => key instanceof KeyObject));
});
