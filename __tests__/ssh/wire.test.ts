import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import utils from 'ssh2/lib/protocol/utils.js';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { certifiedKey } from '../../src/ssh/wire/certified-key.ts';
import { partsOf } from '../../src/ssh/wire/parts.ts';
import { generateKey } from '../rig/keys.ts';
import { findProgram, run as runProgram } from '../rig/program.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { connectTo, run } from './story.ts';

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
  const ofChannels = ['CHANNEL_OPEN_CONFIRMATION', 'CHANNEL_DATA', 'CHANNEL_EXTENDED_DATA'] as const;
  for (const name of [...names, ...ofChannels]) assert.equal(typeof protocol._handlers[name], 'function', name);
  const methods = ['service', 'authPassword', 'authPK', 'exec', 'channelData', 'requestFailure'] as const;
  for (const name of methods) assert.equal(typeof protocol[name], 'function', name);
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

test('a certificate opens a connection to sshd, early or not, and the plain key does not', async () => {
  await using directory = await temporaryDirectory('certificates');
  const authority = await generateKey(join(directory.path, 'authority'));
  const file = join(directory.path, 'trusted');
  await using server = await startSshd({ config: [`TrustedUserCAKeys ${file}`, 'LogLevel VERBOSE'] });
  await server.sh(`printf '%s\n' '${authority.publicKey}' > ${file}`);
  const keygen = await findProgram('ssh-keygen', 'openssh-client');
  for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
    const key = await generateKey(join(directory.path, type), type);
    await runProgram(keygen, ['-q', '-s', authority.file, '-I', type, '-n', server.user, `${key.file}.pub`]);
    const certificate = await readFile(`${key.file}-cert.pub`, 'utf8');
    const read = readPrivateKey(key.text);
    const parsed = certifiedKey(read.parsed, Buffer.from(certificate.split(' ')[1] ?? '', 'base64'));
    for (const early of [true, false]) {
      using connection = await connectTo(server, { key: { ...read, parsed } }, server, { early });
      assert.equal((await run(connection, 'echo in')).stdout, 'in\n');
    }
    assert.match(server.log(), new RegExp(`Accepted publickey for \\S+ .* ID ${type} .*CA ED25519`));
    await assert.rejects(connectTo(server, { key: read }, server), { code: 'AUTH' });
  }
});
