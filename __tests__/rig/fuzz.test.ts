import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { changed, randomFrom } from '../../script/fuzzing/inputs.ts';
import { watch } from './watched.ts';

test('what nobody means is read or refused with a code: the worst cases, and some seconds of random ones', async () => {
  const main = join(import.meta.dirname, '..', '..', 'script', 'fuzzing', 'main.ts');
  const child = spawn(process.execPath, ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', main], {
    env: { ...process.env, MINUTES: '0.08', SEED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watched = watch(child);
  assert.deepEqual(await watched.ended, { code: 0, signal: null }, watched.lines.join('\n'));
  assert.match(watched.stdout(), /^\d{3,} inputs in \d+ s, seed 1: no crash, no hang/);
});

test('inputs of one seed are the same again, and differ from their samples', () => {
  const made = (): readonly string[] => {
    const random = randomFrom(42);
    return Array.from({ length: 50 }, () => changed(['{"config": {}}', '[::1]:22'], random));
  };
  assert.deepEqual(made(), made());
  assert.ok(new Set(made()).size > 30);
});
