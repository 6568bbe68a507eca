import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Given, load } from './workspace.ts';
import { ShipperError } from '../../src/errors.ts';

const many = <Item>(count: number, item: (index: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_, index) => item(index));
const config = (more: object): string => JSON.stringify({ config: { base_dir: '/a/b', ...more } });

/** What a hostile or a broken hand writes, for which some way of reading takes quadratic time. */
const texts: Readonly<Record<string, readonly [text: string, given?: Given]>> = {
  'comments without an end': ['/* '.repeat(350_000)],
  'comments without an end in an object': [`{${'/* '.repeat(350_000)}`],
  'blank lines': [' \n'.repeat(500_000)],
  brackets: ['['.repeat(500_000)],
  objects: ['{"a":'.repeat(200_000)],
  'a text without an end': [`{"${'\\'.repeat(500_000)}`],
  'unknown keys': [`{${many(20_000, (index) => `"k${index}": 1`).join(',')}}`],
  'one key': [`{${'"a":1,'.repeat(20_000)}}`],
  'wrong listeners': [JSON.stringify({ events: { 'on:start': many(20_000, () => ({ run: 1 })) } })],
  symlinks: [config({ symlinks: Object.fromEntries(many(20_000, (index) => [`/s${index}`, `d/p${index}`])) })],
  'a deep symlink': [config({ symlinks: { '/s': 'a/'.repeat(200_000) + 'b' } })],
  targets: [config({ targets: many(5_000, (index) => ({ host: `h${index}` })) }), { overrides: { user: 'me' } }],
  'wrong targets': [config({ targets: many(30_000, () => ({ port: 'x' })) }), { overrides: { user: 'me' } }],
};

/** A quadratic way takes a minute for each of these; a linear one a second on a slow machine. */
const processorSeconds = 10;

for (const [what, [text, given]] of Object.entries(texts)) {
  test(`a config of ${Math.round(text.length / 1000)} kB takes no more time than its size asks for: ${what}`, () => {
    const before = process.cpuUsage();
    try {
      load(text, given);
    } catch (error) {
      assert.ok(error instanceof ShipperError, String(error));
      assert.ok(error.problems.length <= 201);
    }
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1e6 < processorSeconds, `${(user + system) / 1e6} s`);
  });
}
