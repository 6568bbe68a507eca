import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { Local } from '../../src/upload/local.ts';
import type { Shipment } from '../../src/upload/outgoing.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

const megabyte = 1024 * 1024;
const files = 40;
const { signal } = new AbortController();
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

before(async () => {
  directory = await temporaryDirectory('outgoing');
  mkdirSync(join(directory.path, 'site'));
  for (let index = 0; index < files; index += 1)
    writeFileSync(join(directory.path, 'site', `file-${index}`), randomBytes(megabyte));
});
after(async () => directory[Symbol.asyncDispose]());

async function read(): Promise<Local> {
  return Local.read({ workspace: directory.path, from: 'site', to: '.', exclude: [], umask: '022', signal });
}

/** Bytes that this process has read so far, from wherever. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

/** The hash of what arrives at a target that lets the event loop turn that often for each piece. */
async function received(shipment: Shipment, turns: number): Promise<string> {
  const hash = createHash('sha256');
  const target = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      hash.update(piece);
      void (async () => {
        for (let turn = 0; turn < turns; turn += 1) await setImmediate();
        done();
      })();
    },
  });
  await shipment.into(target, signal);
  return hash.digest('hex');
}

test('what ten targets lack alike is read and packed once, however slowly each takes it', async () => {
  const local = await read();
  const start = bytesRead();
  const targets = Array.from({ length: 10 }, (_, index) => ({ shipment: local.everything('gzip'), turns: index * 5 }));
  const hashes = await Promise.all(targets.map(async ({ shipment, turns }) => received(shipment, turns)));
  assert.equal(new Set(hashes).size, 1);
  assert.ok(bytesRead() - start < 1.2 * files * megabyte, `${bytesRead() - start} bytes were read`);
  for (const { shipment } of targets) {
    assert.equal(shipment.tally().files, files);
    assert.equal(shipment.tally().wire, targets[0]?.shipment.tally().wire);
  }
  local.end();
});

test('a target that is lost holds up nobody', async () => {
  const local = await read();
  const broken = new Writable({ write: (_piece, _encoding, done) => done(new Error('the connection is gone')) });
  const lost = local.everything('none').into(broken, signal);
  const [one, other] = [local.everything('none'), local.everything('none')];
  await assert.rejects(lost, /the connection is gone/);
  const [first, second] = await Promise.all([received(one, 0), received(other, 1)]);
  assert.equal(first, second);
  local.end();
});

test('a target that comes when the beginning is gone gets all of it too', async () => {
  const local = await read();
  const first = await received(local.everything('none'), 0);
  assert.equal(await received(local.everything('none'), 0), first);
  local.end();
});

test('other files than those of another target are a stream of their own', async () => {
  const local = await read();
  await local.hashed();
  const [one] = local.tree.files;
  assert.ok(one);
  const delta = { kept: [], copied: [], sent: [one], sentBytes: one.size };
  const all = received(local.everything('none'), 0);
  const some = local.outgoing('none', delta);
  assert.notEqual(await received(some, 0), await all);
  assert.equal(some.tally().files, 1);
  local.end();
});
