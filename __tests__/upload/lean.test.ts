import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { yardHere, type YardHere } from './yard-here.ts';

/** 3,000 files in 150 directories, the same in every run: bytes can be compared. */
function build(site: string): void {
  for (let index = 0; index < 3000; index += 1) {
    const directory = join(site, `package-${index % 50}`, ['.', 'lib', 'lib/deep'][index % 3] ?? '');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `module-${index}.js`), createHash('sha512').update(String(index)).digest('hex'));
  }
}

function differences(yard: YardHere, revision: string): string {
  return execFileSync('diff', ['-r', yard.site, yard.path(revision)], { encoding: 'utf8' });
}

/** What the last upload says that was sent and copied. */
function outcome(yard: YardHere): string {
  return (yard.lines.at(-1) ?? '').replace(/^.* s: /, '').replace(/ \([^)]*\)/g, '');
}

for (const tools of ['GNU', 'BusyBox'] as const) {
  test(`of 3,000 files only what may differ is listed: ${tools}`, async (t) => {
    await using yard = await yardHere(tools);
    let number = 0;
    const deploy = async (what: string, most: { readonly up: number; readonly down: number }, said: string) => {
      const previous = number === 0 ? undefined : `v${number}`;
      number += 1;
      await yard.upload(`v${number}`, previous);
      const { up, down } = yard.bytes();
      t.diagnostic(`${what}: ${up} bytes up, ${down} down`);
      assert.equal(differences(yard, `v${number}`), '', what);
      assert.equal(outcome(yard), said, what);
      assert.ok(up <= most.up && down <= most.down, `${what}: ${up} bytes up, ${down} down`);
    };
    const module = (index: number): string =>
      join(yard.site, `package-${index % 50}`, ['.', 'lib', 'lib/deep'][index % 3] ?? '', `module-${index}.js`);
    build(yard.site);
    await deploy('first', { up: 420_000, down: 200 }, '3,000 files sent, 0 files copied on the target');
    await deploy('nothing changed', { up: 4_000, down: 200 }, '0 files sent, 3,000 files copied on the target');
    for (let index = 50; index < 3000; index += 99) appendFileSync(module(index), 'changed');
    await deploy('1 % changed', { up: 9_000, down: 5_500 }, '30 files sent, 2,970 files copied on the target');
    for (let index = 60; index < 3000; index += 99) rmSync(module(index));
    writeFileSync(join(yard.site, 'fresh'), 'fresh');
    await deploy('some gone, one new', { up: 5_000, down: 6_500 }, '1 file sent, 2,970 files copied on the target');
    renameSync(join(yard.site, 'package-7'), join(yard.site, 'renamed'));
    await deploy('renamed', { up: 5_000, down: 2_000 }, '0 files sent, 2,971 files copied on the target');
    // What is copied from has not changed, and so it is in no list.
    cpSync(join(yard.site, 'package-8'), join(yard.site, 'twice'), { recursive: true });
    await deploy('copied', { up: 5_000, down: 300 }, '0 files sent, 3,030 files copied on the target');
  });
}
