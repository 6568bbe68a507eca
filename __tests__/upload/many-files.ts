/**
 * A process of its own for `memory.test.ts`: what the runner does for a first upload of the workspace in its argument,
 * and for one after it in which every tenth file changed. Prints what it took, at its peak.
 */
import { Writable } from 'node:stream';
import { compare } from '../../src/upload/delta.ts';
import { digits } from '../../src/upload/index-of-target.ts';
import type { Tree } from '../../src/upload/entry.ts';
import { Local } from '../../src/upload/local.ts';
import { manifestLine } from '../../src/upload/manifest.ts';

const { signal } = new AbortController();
const request = { workspace: process.argv[2] ?? '', from: 'site', to: '.', exclude: [], umask: '022', signal };
const nowhere = () => new Writable({ write: (_piece, _encoding, done) => done() });

/** The longest processor time that this thread took between two turns of the event loop, in milliseconds. */
const delay = { max: 0, last: NaN, timer: undefined as NodeJS.Timeout | undefined };

function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function watch(): void {
  delay.last = spent();
  delay.timer = setInterval(() => {
    const now = spent();
    delay.max = Math.max(delay.max, now - delay.last);
    delay.last = now;
  }, 1);
}

/** What a target would send of what it got, with another hash for every tenth file. */
function indexOf({ files, hashes }: Tree): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; start < files.length; start += 1000) {
    const lines = files.slice(start, start + 1000).map((file) => {
      const line = manifestLine(hashes, file);
      return `${file.number % 10 === 0 ? 'x'.repeat(digits) : line.slice(0, digits)}${line.slice(64)}\n`;
    });
    parts.push(Buffer.from(lines.join(''), 'latin1'));
  }
  return Buffer.concat(parts);
}

async function uploadFirst(): Promise<Buffer> {
  watch();
  const local = await Local.read(request);
  await local.packAhead().everything('zstd').into(nowhere(), signal);
  clearInterval(delay.timer);
  return indexOf(local.tree);
}

async function uploadNext(index: Buffer) {
  watch();
  const local = await Local.read(request);
  await local.hashed();
  const delta = await compare(local.tree, index, () => false);
  await local.outgoing('zstd', delta).into(nowhere(), signal);
  clearInterval(delay.timer);
  return { files: local.tree.files.length, sent: delta.sent.length };
}

const counted = await uploadNext(await uploadFirst());
const megabytes = Math.round(process.resourceUsage().maxRSS / 1000);
console.log(JSON.stringify({ ...counted, megabytes, milliseconds: Math.round(delay.max) }));
