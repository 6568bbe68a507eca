import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configOf, testRefusals } from './workspace.ts';

function wavesOf(count: number, waves: unknown, host?: string): unknown {
  const targets = Array.from({ length: count }, (_, index) => ({ host: `web${index}` }));
  const overrides = { user: 'deploy', ...(host === undefined ? {} : { host }) };
  return configOf({ config: { targets, base_dir: '/var/www', waves } }, { overrides }).waves;
}

test('waves are counted out over the fleet', () => {
  const sizes = [1, '25%', '100%'];
  assert.deepEqual(wavesOf(8, { sizes, pause: 60 }), { sizes: [1, 2, 5], pause: 60 });
  assert.deepEqual(wavesOf(5, { sizes }), { sizes: [1, 2, 2], pause: 0 });
  assert.deepEqual(wavesOf(1, { sizes }), { sizes: [1], pause: 0 });
  assert.deepEqual(wavesOf(7, { sizes: ['34%'] }), { sizes: [3, 3, 1], pause: 0 });
  assert.deepEqual(wavesOf(3, undefined), { sizes: [3], pause: 0 });
  assert.deepEqual(wavesOf(3, { pause: 5 }), { sizes: [3], pause: 5 });
});

test('they are counted over the targets that the input host selects', () => {
  assert.deepEqual(wavesOf(8, { sizes: ['50%'] }, '*,!web1,!web2'), { sizes: [3, 3], pause: 0 });
});

test('SHIP_ variables set them', () => {
  const environment = { SHIP_WAVES: '{"sizes": ["50%"]}', SHIP_CONFIG__WAVES__PAUSE: '7' };
  const targets = [{ host: 'a' }, { host: 'b' }];
  const config = configOf(
    { config: { targets, base_dir: '/var/www' } },
    { environment, overrides: { user: 'deploy' } },
  );
  assert.deepEqual(config.waves, { sizes: [1, 1], pause: 7 });
});

test('every target has its wave, and no wave is empty', () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 100 }).map((part) => `${part}%`),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(size, { minLength: 1, maxLength: 5 }), (count, sizes) => {
      const waves = wavesOf(count, { sizes }) as { sizes: readonly number[] };
      assert.equal(
        waves.sizes.reduce((sum, each) => sum + each, 0),
        count,
      );
      assert.ok(waves.sizes.every((each) => each > 0));
    }),
    { numRuns: 50 },
  );
});

testRefusals([
  ['{"config": {"base_dir": "/a/b", "waves": {"sizes": [▸0]}}}', 'entry 1 of "sizes" must be from 1 to 1000000'],
  [
    '{"config": {"base_dir": "/a/b", "waves": {"sizes": [1, ▸"0%"]}}}',
    'a wave of 0 % has no target: write at least "1%"',
  ],
  [
    '{"config": {"base_dir": "/a/b", "waves": {"sizes": [1, ▸"half"]}}}',
    'entry 2 of "sizes" must be a number of targets, or a part of the fleet such as "25%"',
  ],
  [
    '{"config": {"base_dir": "/a/b", "waves": {"sizes": [▸true]}}}',
    'entry 1 of "sizes" must be a whole number or a text in double quotes',
  ],
  ['{"config": {"base_dir": "/a/b", "waves": {"sizes": ▸[]}}}', '"sizes" must have at least one entry'],
  ['{"config": {"base_dir": "/a/b", "waves": {"pause": ▸-1}}}', '"pause" must be from 0 to 86400'],
  ['{"config": {"base_dir": "/a/b", "waves": {▸"size": [1]}}}', 'unknown key "size": did you mean "sizes"?'],
]);
