import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import languageService, { type JSONSchema } from 'vscode-json-languageservice';
import { memberOf, namesOf, schema } from '../../src/config/schema.ts';

const path = join(import.meta.dirname, '../../schema/shipper.schema.json');
const service = languageService.getLanguageService({});
const source = JSON.parse(readFileSync(path, 'utf8')) as JSONSchema;
service.configure({ schemas: [{ uri: 'test:schema', fileMatch: ['shipper.json'], schema: source }] });

/** What an editor offers, tells and marks where `|` stands in a config. */
async function edit(text: string) {
  const content = text.replace('|', '');
  const document = languageService.TextDocument.create('file:///shipper.json', 'jsonc', 1, content);
  const place = document.positionAt(text.indexOf('|'));
  const parsed = service.parseJSONDocument(document);
  const [completed, hovered, marked] = await Promise.all([
    service.doComplete(document, place, parsed),
    service.doHover(document, place, parsed),
    service.doValidation(document, parsed, { comments: 'ignore', trailingCommas: 'ignore' }),
  ]);
  return {
    offered: completed?.items.map(({ label }) => label) ?? [],
    inserted: completed?.items.map(({ insertText }) => insertText) ?? [],
    undescribed: completed?.items.filter(({ documentation }) => documentation === undefined) ?? [],
    told: JSON.stringify(hovered?.contents ?? ''),
    marked: marked.map(({ message }) => message),
  };
}

const config = memberOf(schema, 'config');
const target = schema.definitions?.['target'];
const run = schema.definitions?.['run'];
const upload = schema.definitions?.['upload'];

const names: readonly (readonly [text: string, offered: readonly string[]])[] = [
  ['{|}', namesOf(schema)],
  ['{ "config": {|} }', namesOf(config)],
  ['{ // A comment,\n "config": { "sync": true, | }, }', namesOf(config).filter((name) => name !== 'sync')],
  ['{ "config": { "target": {|} } }', namesOf(target)],
  ['{ "config": { "targets": [{|}] } }', namesOf(target)],
  ['{ "config": { "waves": {|} } }', ['sizes', 'pause']],
  ['{ "events": {|} }', namesOf(memberOf(schema, 'events'))],
  ['{ "events": { "on:error": [{|}] } }', [...new Set([...namesOf(run), ...namesOf(upload)])]],
  ['{ "events": { "on:error": [{ "run": "x", | }] } }', namesOf(run).filter((name) => name !== 'run')],
  ['{ "events": { "after:create_revision": [{ "upload": "dist", | }] } }', ['to', 'exclude']],
];

for (const [text, offered] of names) {
  test(`an editor offers every name, each with a sentence: ${text}`, async () => {
    const here = await edit(text);
    assert.deepEqual([...here.offered].sort(), [...offered].sort());
    assert.deepEqual(here.undescribed, []);
  });
}

const values: readonly (readonly [text: string, offered: readonly string[]])[] = [
  ['{ "config": { "sync": | } }', ['true', 'false']],
  ['{ "config": { "umask": | } }', ['"022"', '"002"', '"027"']],
  ['{ "events": { "on:error": [{ "run": "x", "on": | }] } }', ['"runner"', '"web*"']],
];

for (const [text, offered] of values) {
  test(`an editor offers values: ${text}`, async () => {
    assert.deepEqual((await edit(text)).offered, offered);
  });
}

test('an editor offers each form of a listener whole', async () => {
  const { inserted } = await edit('{ "events": { "after:create_revision": [|] } }');
  assert.equal(inserted.length, 3);
  for (const form of [/^"[\w.]+"$/, /^\{\s+"run": /, /^\{\s+"upload": /]) {
    assert.ok(
      inserted.some((text) => form.test(text ?? '')),
      `${inserted.join('\n')} has nothing like ${form.source}`,
    );
  }
});

test('an editor tells what a key is, and marks what is none', async () => {
  assert.match((await edit('{ "config": { "revisions_to_|keep": 3 } }')).told, /How many completed revisions/);
  assert.deepEqual((await edit('{ "config": { "base_dir": "/srv|" } }')).marked, []);
  assert.deepEqual((await edit('{ "config": { "revision_to_keep|": 3 } }')).marked, [
    'Property revision_to_keep is not allowed.',
  ]);
  assert.deepEqual((await edit('{ "config": { "sync|": "yes" } }')).marked, ['Incorrect type. Expected "boolean".']);
  assert.deepEqual((await edit('{ "events": { "on:error": [{|}] } }')).marked, ['Missing property "run".']);
});
