import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commitsBetween } from '../../src/deploy/commits.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

const place = await temporaryDirectory('commits');
after(async () => place[Symbol.asyncDispose]());
const checkout = join(place.path, 'checkout');
const shallow = join(place.path, 'shallow');
const who = ['-c', 'user.name=Someone', '-c', 'user.email=someone@example.com'];

function git(directory: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', directory, ...who, ...args], { encoding: 'utf8' }).trim();
}

function commit(subject: string): string {
  git(checkout, 'commit', '--quiet', '--allow-empty', '-m', subject);
  return git(checkout, 'rev-parse', 'HEAD');
}

execFileSync('git', ['init', '--quiet', checkout]);
const first = commit('First');
const second = commit('Second, with "quotes" and `ticks`');
const third = commit('Third');
git(checkout, 'checkout', '--quiet', '-b', 'fix', second);
const fix = commit('A fix beside');
execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${checkout}`, shallow]);

const subjects = (commits: readonly { readonly subject: string }[]): readonly string[] =>
  commits.map(({ subject }) => subject);

test('what comes is newest first, with its author', async () => {
  const { added, dropped, note } = await commitsBetween(checkout, first, third);
  assert.deepEqual(subjects(added), ['Third', 'Second, with "quotes" and `ticks`']);
  assert.deepEqual(added[0], { hash: third, author: 'Someone', subject: 'Third' });
  assert.deepEqual([dropped, note], [[], undefined]);
});

test('what is live and would be no more is told apart', async () => {
  const { added, dropped } = await commitsBetween(checkout, third, fix);
  assert.deepEqual([subjects(added), subjects(dropped)], [['A fix beside'], ['Third']]);
});

test('HEAD is what the checkout has, a short hash does, and the same commit is nothing new', async () => {
  assert.deepEqual(subjects((await commitsBetween(checkout, second.slice(0, 10), 'HEAD')).added), ['A fix beside']);
  const same = await commitsBetween(checkout, fix, 'HEAD');
  assert.deepEqual([same.added, same.dropped, same.note], [[], [], undefined]);
});

for (const [what, directory, from, note] of [
  [
    'a shallow checkout says how to fetch more',
    shallow,
    first,
    /^the checkout does not go back to [0-9a-f]{7}: give actions\/checkout fetch-depth: 0 /,
  ],
  ['a commit that nobody fetched is named', checkout, 'f'.repeat(40), /^the checkout does not know fffffff, /],
  [
    'a directory that is no checkout is told as that',
    place.path,
    first,
    /^the commits are not known: not a git repository/,
  ],
  ['what is no commit is never given to git', checkout, '--output=/tmp/x', /^no commit is on record/],
  ['a revision without a commit is told as that', checkout, '-', /^no commit is on record/],
] as const) {
  test(what, async () => {
    const commits = await commitsBetween(directory, from, 'HEAD');
    assert.match(commits.note ?? '', note);
    assert.deepEqual([commits.added, commits.dropped], [[], []]);
  });
}
