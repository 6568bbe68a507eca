import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ServerChannel } from 'ssh2';
import { limits } from '../../src/remote/limits.ts';
import { execute } from '../rig/embedded-server.ts';
import { isLarge, share } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { errorsOf, logOf, siteOn } from './site.ts';

const server = await startSshd();
const directory = await temporaryDirectory('floods');
after(async () => {
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** Each process of the bundle leaves the most memory that it ever had, in kB. */
const preload = `${directory.path}/preload.cjs`;
await writeFile(
  preload,
  `const { readFileSync, writeFileSync } = require('node:fs');
  process.on('exit', () => {
    const [, peak] = /^VmHWM:\\s+(\\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
    writeFileSync(process.env.PEAKS + '/' + process.pid, peak);
  });`,
);

const megabyte = 1024 * 1024;
const piece = Buffer.alloc(64 * megabyte);
const repeated = (packed: Buffer): Buffer => Buffer.concat(Array.from({ length: 48 }, () => packed));

/** Says it again and again for as long as the other side takes it. */
function flood(stream: NodeJS.WritableStream, text: string): void {
  const chunk = Buffer.from(text.repeat(Math.ceil(32_768 / text.length)));
  const pour = (): void => {
    while (stream.writable && stream.write(chunk));
  };
  stream.on('drain', pour);
  stream.on('error', () => undefined);
  pour();
}

type Flood = (channel: ServerChannel) => void;

const index = (packing: string, length: number | string, bytes: Buffer): Flood => {
  return (channel) => {
    channel.write(`\nshipper-upload 1\nroom 1000000000 false gzip zstd\nindex ${packing} ${length}\n`);
    channel.write(bytes, () => channel.close());
  };
};
const zstd = repeated(zstdCompressSync(piece));
const gzip = repeated(gzipSync(piece));
const most = limits.index.unpacked - 1;
const [line, lines] = [zstdCompressSync(Buffer.alloc(most)), zstdCompressSync(Buffer.alloc(most, '0123 f x\n'))];

const ofSteps: Readonly<Record<string, Flood>> = {
  // It is given a minute to answer.
  ...(isLarge
    ? { 'lines before it begins': (channel: ServerChannel) => flood(channel, 'welcome to the jungle\n') }
    : {}),
  'a line without end before it begins': (channel) => flood(channel, 'x'),
  'a line without end': (channel) => {
    channel.write('shipper 1\n');
    flood(channel, 'x');
  },
  'warnings without end': (channel) => {
    channel.write('shipper 1\n');
    flood(channel, `warning ${'x'.repeat(1_000)}\n`);
  },
  'words without end on the stream for errors': (channel) => {
    flood(channel.stderr, 'no luck\n');
    channel.write('shipper 1\n');
    flood(channel, 'step preflight\n');
  },
};

const ofUploads: Readonly<Record<string, Flood>> = {
  'an index that unpacks to gigabytes, by zstd': index('zstd', zstd.length, zstd),
  'an index that unpacks to gigabytes, by gzip': index('gzip', gzip.length, gzip),
  'the longest index that is read, in one line': index('zstd', line.length, line),
  'the longest index that is read, in short lines': index('zstd', lines.length, lines),
  'an index of a petabyte': index('zstd', '999999999999999', zstd),
  'an index of more digits than a number has': index('zstd', '9'.repeat(400), zstd),
  'a line without end in an upload': (channel) => flood(channel, 'shipper-upload 1x'),
  'room without end': (channel) => {
    channel.write('\nshipper-upload 1\n');
    flood(channel, 'room 1 ');
  },
};

async function peakOf(peaks: string): Promise<number> {
  const all = await Promise.all((await readdir(peaks)).map(async (name) => readFile(`${peaks}/${name}`, 'utf8')));
  return Math.max(...all.map(Number)) / 1024;
}

describe('what one target sends without end fills no memory, and harms no other', { concurrency: 2 }, () => {
  const all = [
    ...Object.entries(ofSteps).map(([name, pour]) => [name, 1, pour] as const),
    ...Object.entries(ofUploads).map(([name, pour]) => [name, 2, pour] as const),
  ];
  const often = all.filter(([name]) => name.includes('index'));
  const seldom = all.filter(([name]) => !name.includes('index'));
  for (const [name, channel, pour] of [...often, ...share('floods', seldom, 2, { nameOf: ([name]) => name })]) {
    test(name, async (t) => {
      let channels = 0;
      const home = `${directory.path}/${name.replaceAll(/\W/g, '-')}`;
      const peaks = `${home}/peaks`;
      await mkdir(peaks, { recursive: true });
      await using other = await startSshServer({
        exec: (opened, command) => {
          channels += 1;
          if (channels === channel) pour(opened);
          else execute(opened, command, home, new Set());
        },
      });
      await using site = await siteOn(server, { files: { 'dist/index.html': 'hello\n' } });
      await site.workspace.configure({
        events: { 'after:create_revision': [{ upload: 'dist' }] },
        config: {
          targets: [
            { host: server.host, port: server.port, user: server.user, name: 'honest', base_dir: site.base },
            { host: other.host, port: other.port, user: 'deploy', name: 'flooding', base_dir: `${home}/site` },
          ],
          sync: false,
        },
      });
      const inputs = { host: '', user: '', port: '', 'known-hosts': `${server.knownHosts}\n${other.knownHosts}` };
      const run = await site.run({ ...inputs, revision: 'v1' }, { NODE_OPTIONS: `--require=${preload}`, PEAKS: peaks });
      assert.equal(run.code, 1, logOf(run));
      const [error] = errorsOf(run);
      assert.match(error?.title ?? '', /^Shipper: (TARGET|UPLOAD|CONNECT)$/, logOf(run));
      assert.match(error?.message ?? '', /flooding/);
      assert.equal(await site.sh('ls -A; ls -A revisions/.shipper/runs'), 'revisions');
      const peak = await peakOf(peaks);
      t.diagnostic(`${peak.toFixed(0)} MB at most, ${error?.title ?? ''}: ${error?.message.slice(0, 150) ?? ''}`);
      assert.ok(peak < 300, `${peak} MB`);
    });
  }
});
