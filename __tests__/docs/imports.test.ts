import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { codes, page, root, rowsUnder } from './markdown.ts';

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string; readonly pathNot?: string | readonly string[] };
  readonly to: { readonly path?: string };
}

const { forbidden } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as {
  readonly forbidden: readonly Rule[];
};
const rows = rowsUnder(page('docs/architecture.md'), 'Rooms');
const rowOf = (room: string): readonly string[] =>
  rows.find(([first = '']) => codes(first)[0] === `src/${room}/`) ?? [];
const downwards = forbidden.flatMap(({ name, to }) => {
  const [, room] = /^(\w+)-imports-downwards$/.exec(name) ?? [];
  return room === undefined ? [] : [{ room, closed: new RegExp(to.path ?? '') }];
});

test('the table of rooms says of each what the lint rule lets it import', () => {
  assert.ok(downwards.length > 5);
  for (const { room, closed } of downwards) {
    const open = downwards.filter((other) => other.room !== room && !closed.test(`src/${other.room}/file.ts`));
    const told = codes(rowOf(room)[2] ?? '');
    assert.deepEqual([...told].sort(), open.map((other) => other.room).sort(), room);
  }
});

test('and which libraries it alone uses', () => {
  const only = forbidden.filter(({ name }) => name.startsWith('only-'));
  assert.ok(only.length > 3);
  for (const { from, to } of only) {
    const [, room = ''] = /^\^src\/(\w+)/.exec(from.pathNot?.[0] ?? '') ?? [];
    const [, library = ''] = /^node_modules\/(.+)\/$/.exec(to.path ?? '') ?? [];
    const [, told = ''] = (rowOf(room)[1] ?? '').split('only user of');
    assert.ok(
      codes(told).some((code) => code === library || library.endsWith(`/${code}`)),
      `${library}: ${room}`,
    );
  }
});
