import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { definitionOf, inputNames } from '../../src/action/input-table.ts';
import { outputTable } from '../../src/action/outputs.ts';

interface Entry {
  readonly description?: string;
  readonly default?: unknown;
}

interface Metadata {
  readonly inputs: Readonly<Record<string, Entry>>;
  readonly outputs: Readonly<Record<string, Entry>>;
  readonly runs: unknown;
  readonly branding: unknown;
  readonly author: unknown;
}

const metadata = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as Metadata;

test('action.yml has exactly the inputs of the table, with their defaults and descriptions', () => {
  const expected = inputNames.map((name) => {
    const { description, default: value } = definitionOf(name);
    return [name, value === undefined ? { description } : { description, default: value }];
  });
  assert.deepEqual(Object.entries(metadata.inputs), expected);
});

test('action.yml has exactly the outputs of the table, with their descriptions', () => {
  const expected = Object.entries(outputTable).map(([name, description]) => [name, { description }]);
  assert.deepEqual(Object.entries(metadata.outputs), expected);
});

test('action.yml starts the bundle on Node 24 and can stand in the Marketplace', () => {
  assert.deepEqual(metadata.runs, { using: 'node24', main: 'dist/index.js' });
  assert.deepEqual(Object.keys(metadata.branding as object), ['icon', 'color']);
});

test('package.json says what it is, where it lives, and which Node it takes; action.yml names the same author', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;
  assert.match(String(manifest['version']), /^\d+\.\d+\.\d+$/);
  assert.match(String(manifest['repository']), /^github:[\w-]+\/[\w.-]+$/);
  assert.equal(manifest['author'], metadata.author);
  assert.deepEqual(manifest['engines'], { node: '>=20.19' });
});
