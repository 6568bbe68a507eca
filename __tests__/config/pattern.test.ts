import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesTarget } from '../../src/config/pattern.ts';

const targets = [
  { name: 'web1', host: '192.0.2.1' },
  { name: 'web7', host: '192.0.2.7' },
  { name: 'db', host: 'db.example.com' },
];

const patterns: readonly (readonly [string, ...string[]])[] = [
  ['web1', 'web1'],
  ['WEB1', 'web1'],
  ['web', ...[]],
  ['web*', 'web1', 'web7'],
  ['web*,!web7', 'web1'],
  ['!web7', 'web1', 'db'],
  ['!web7,web*', 'web1'],
  ['! web7', 'web1', 'db'],
  ['db.example.com', 'db'],
  ['*.example.*', 'db'],
  ['192.0.2.*', 'web1', 'web7'],
  ['*', 'web1', 'web7', 'db'],
  ['!*', ...[]],
  ['*e*7', 'web7'],
  ['w*b*b*', ...[]],
  ['web1\nweb7', 'web1', 'web7'],
  [' web1 , , db ', 'web1', 'db'],
  ['', ...[]],
  [',', ...[]],
  ['w.b1', ...[]],
];
for (const [pattern, ...names] of patterns) {
  test(`${JSON.stringify(pattern)} matches ${names.join(' and ') || 'nothing'}`, () => {
    assert.deepEqual(
      targets.filter((target) => matchesTarget(pattern, target)).map(({ name }) => name),
      names,
    );
  });
}

test('a name with any part replaced by * matches', () => {
  const cut = fc.tuple(fc.stringMatching(/^[a-z0-9.-]{1,20}$/), fc.nat(20), fc.nat(20));
  fc.assert(
    fc.property(cut, ([name, one, other]) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      const pattern = `${name.slice(0, from)}*${name.slice(to)}`;
      assert.ok(matchesTarget(pattern, { name, host: '' }));
      assert.ok(!matchesTarget(`*,!${pattern}`, { name, host: '' }));
    }),
  );
});
