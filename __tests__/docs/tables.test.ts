import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { definitionOf, inputNames, isInputName } from '../../src/action/input-table.ts';
import { outputTable } from '../../src/action/outputs.ts';
import { type Command, commands, eventNames, events, steps } from '../../src/config/events.ts';
import { findVariable } from '../../src/config/variables.ts';
import { errorCodes } from '../../src/errors.ts';
import { commandVariables } from '../../src/listeners/scene.ts';
import { codes, firstCodes, page, read, root, rowsUnder, tablesUnder } from './markdown.ts';

interface Schema {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

const schema = JSON.parse(read('schema/shipper.schema.json')) as Schema & {
  readonly definitions: Readonly<Record<string, Schema>>;
};
const readme = page('README.md');
const configuration = page('docs/configuration.md');
const listeners = page('docs/listeners.md');

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort();

test('the README has every input, with its default', () => {
  const rows = rowsUnder(readme, 'Inputs');
  assert.deepEqual(firstCodes(rows), inputNames);
  for (const [name = '', value = ''] of rows) {
    const [input = ''] = codes(name);
    assert.ok(isInputName(input));
    assert.equal(codes(value)[0], definitionOf(input).default, input);
  }
});

test('the README has every output', () => {
  assert.deepEqual(firstCodes(rowsUnder(readme, 'Outputs')), Object.keys(outputTable));
});

test('the README has every status that a run can have', () => {
  const [, list = ''] = /export type Status =([^;]+);/.exec(read('src/deploy/result.ts')) ?? [];
  const statuses = [...list.matchAll(/'(\w+)'/g)].map(([, status = '']) => status);
  assert.deepEqual(firstCodes(rowsUnder(readme, 'Outputs', 1)), statuses);
});

test('the README has every step and every command', () => {
  assert.deepEqual(firstCodes(rowsUnder(readme, 'On the server')), steps);
  assert.deepEqual(firstCodes(rowsUnder(readme, 'Deploy and roll back')), commands);
});

for (const { name, ...from } of [readme, listeners]) {
  test(`${name} has every event, with the commands that dispatch it`, () => {
    const [table = []] = tablesUnder({ name, ...from }, 'Events');
    const [head = [], ...rows] = table;
    const columns = head.map((cell) => codes(cell)[0]);
    const found = rows.flatMap((row) => {
      const yes = columns.flatMap((column, index) => (column !== undefined && row[index] === 'yes' ? [column] : []));
      return codes(row[0] ?? '').map((event) => [event, yes] as const);
    });
    assert.deepEqual(sorted(found.map(([event]) => event)), sorted(eventNames));
    const expected: Readonly<Record<string, readonly Command[]>> = events;
    for (const [event, yes] of found) assert.deepEqual(sorted(yes), sorted(expected[event] ?? []), event);
  });
}

test('the README and the troubleshooting have every error code', () => {
  assert.deepEqual(firstCodes(rowsUnder(readme, 'Errors')), errorCodes);
  const headings = page('docs/troubleshooting.md').prose.flatMap((line) => /^## `([A-Z_]+)`$/.exec(line)?.[1] ?? []);
  assert.deepEqual(headings, errorCodes);
});

/** The names of a table's first column are the schema's, and so are the defaults that are written as code. */
function assertKeys(heading: string, described: Schema | undefined, { index = 0, others = [] as string[] } = {}): void {
  const rows = rowsUnder(configuration, heading, index);
  const properties = described?.properties ?? {};
  assert.deepEqual(sorted(firstCodes(rows)), sorted(Object.keys(properties).filter((key) => !others.includes(key))));
  for (const [key = '', value = ''] of rows) {
    const [written] = codes(value);
    const [name = ''] = codes(key);
    const own = properties[name]?.default;
    if (own !== undefined) assert.equal(written, typeof own === 'string' ? own : JSON.stringify(own), name);
  }
}

test('the configuration page has every key of the schema, with its default', () => {
  const { definitions, properties = {} } = schema;
  const original = ['symlinks', 'active_symlink', 'fail_on_symlink_error'];
  assertKeys('Top level', schema, { others: original });
  assertKeys('Config', properties['config']);
  assertKeys('Waves', properties['config']?.properties?.['waves']);
  assertKeys('Targets', definitions['target']);
  assertKeys('Listener keys', definitions['run']);
  assertKeys('Listener keys', definitions['upload'], { index: 1 });
  for (const key of original) assert.ok(configuration.text.includes(`\`${key}\``), key);
});

test('every SHIP_ spelling of the configuration page sets something', () => {
  const spellings = firstCodes(rowsUnder(configuration, '`SHIP_` variables'));
  assert.ok(spellings.length >= 10);
  for (const spelling of spellings) {
    const [variable = ''] = spelling.split('=', 1);
    const found = findVariable(variable.replace(/^ship_+/i, ''));
    assert.ok('names' in found, `${variable}: ${'sentence' in found ? found.sentence : ''}`);
  }
});

test('the listeners page has every variable that a command gets', () => {
  const scene = {
    command: 'deploy',
    event: 'on:start',
    wave: { number: 1, of: 1 },
    places: [],
    revision: undefined,
    made: false,
    previous: undefined,
    signal: new AbortController().signal,
  } as const;
  const everywhere = Object.keys(commandVariables(scene, undefined));
  assert.deepEqual(firstCodes(rowsUnder(listeners, 'Variables')), [...everywhere, 'SHIPPER_HOST', 'SHIPPER_HOSTS']);
});

test('the listeners page has every member of shipper.d.ts', () => {
  const [, body = ''] = /export interface Shipper \{([\s\S]*?)\n\}/.exec(read('shipper.d.ts')) ?? [];
  const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:?]/gm)].map(([, member = '']) => member);
  const told = firstCodes(rowsUnder(listeners, 'Modules')).map((code) => /^shipper\.(\w+)/.exec(code)?.[1] ?? code);
  assert.ok(members.length > 8);
  assert.deepEqual(told, members);
});

test('the architecture page has every room of src/', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `src/${name}/`);
  const told = rowsUnder(page('docs/architecture.md'), 'Rooms').flatMap(([first = '']) => codes(first));
  assert.deepEqual(sorted(told), sorted(rooms));
});

test('what the troubleshooting page quotes is what the code says', () => {
  const foreign = /^(?:sudo: |No space left)/;
  const plain = (text: string): string => text.replace(/[\\`]/g, '').replace(/\$\{[^}]*\}/g, '…');
  const code = plain(sourceText());
  const page_ = page('docs/troubleshooting.md');
  const quotes = errorCodes
    .flatMap((name) => tablesUnder(page_, `\`${name}\``))
    .flatMap((table) => firstCodes(table.slice(1)))
    .filter((quote) => !foreign.test(quote));
  assert.ok(quotes.length > 40);
  const unknown = quotes.filter((quote) => !quote.split('…').every((part) => code.includes(plain(part.trim()))));
  assert.deepEqual(unknown, []);
});

function sourceText(): string {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const own = names.filter((name) => /\.(?:ts|sh)$/.test(name) && !name.startsWith('generated'));
  return own.map((name) => read(join('src', name))).join('\n');
}
