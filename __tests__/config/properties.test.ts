import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { below, type Document, type JsonObject, namesIn, placeOf, valueAt } from '../../src/config/document.ts';
import { eventNames } from '../../src/config/events.ts';
import { overlay } from '../../src/config/merge.ts';
import { Problems } from '../../src/config/problems.ts';
import { parseJson } from '../../src/config/parse.ts';
import { namesOf, schema, memberOf } from '../../src/config/schema.ts';
import { ShipperError } from '../../src/errors.ts';
import { type Given, load } from './workspace.ts';

/** Loads, and accepts success or the one error that users see. */
function survives(content: unknown, given?: Given): boolean {
  try {
    load(content, given);
    return true;
  } catch (error) {
    assert.ok(error instanceof ShipperError, error instanceof Error ? (error.stack ?? '') : String(error));
    assert.ok(['CONFIG', 'INPUT'].includes(error.code));
    assert.ok(error.problems.length > 0);
    return false;
  }
}

const config = memberOf(schema, 'config') ?? {};
const known = [
  ...['$schema', 'events', 'config', 'run', 'upload', 'on', 'env', 'to', 'exclude', '__proto__', 'constructor', '0'],
  ...namesOf(config),
  ...namesOf(memberOf(config, 'target')),
  ...eventNames,
];
const key = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, fc.string());
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '/', '/var/www', '..', 'a', '022', 'a.B.c', '~'),
);
const { json } = fc.letrec<{ json: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(text, fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
  json: fc.oneof(
    { maxDepth: 5 },
    tie('leaf'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(key, tie('json'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

test('any JSON is a config or a ShipperError', () => {
  fc.assert(fc.property(json, (value) => void survives(JSON.stringify(value))));
});

test('any JSON in the right places is a config or a ShipperError', () => {
  const shaped = fc.record(
    {
      events: fc.dictionary(fc.constantFrom(...eventNames), fc.array(json, { maxLength: 3 }), { maxKeys: 3 }),
      config: fc.dictionary(fc.constantFrom(...namesOf(config)), json, { maxKeys: 6 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(fc.property(shaped, (value) => void survives(JSON.stringify(value))));
});

test('any text is a config or a ShipperError', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"config"',
    '1',
    '//',
    '/*',
    '*/',
    '\n',
    '\r',
    ' ',
    "'",
    '\\',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(pieces).map((all) => all.join('')),
      ),
      (written) => void survives(written),
    ),
  );
});

test('any environment and any inputs make a config or a ShipperError', () => {
  const level = fc.oneof(fc.constantFrom(...known, 'config', 'events'), fc.string({ maxLength: 5 }));
  const name = fc.array(level, { maxLength: 3 }).map((levels) => `SHIP_${levels.join('__')}`);
  const value = fc.oneof(
    text,
    json.map((inner) => JSON.stringify(inner)),
  );
  const environment = fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true });
  const overrides = fc.record(
    { host: text, user: text, port: text, proxyJump: text, revision: text },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      environment,
      overrides,
      (variables, inputs) =>
        void survives({ config: { base_dir: '/var/www' } }, { environment: variables, overrides: inputs }),
    ),
  );
});

const objects = fc.dictionary(key, json, { maxKeys: 5, noNullPrototype: true });

/** A document whose every place names the writer. */
function documentOf(value: object, writer: string): Document<JsonObject> {
  const document = parseJson(JSON.stringify(value), () => ({ variable: writer }), new Problems());
  assert.ok('places' in document);
  return { value: document.value as JsonObject, places: document.places };
}

test('what is laid over goes before what is below, and keeps who wrote it', () => {
  fc.assert(
    fc.property(objects, objects, (one, other) => {
      const [base, above] = [documentOf(one, 'base'), documentOf(other, 'above')];
      const merged = overlay(base, above);
      for (const [pointer] of above.places) {
        const written = valueAt(above.value, pointer);
        if (typeof written !== 'object') {
          assert.deepEqual(valueAt(merged.value, pointer), written);
          assert.deepEqual(placeOf(merged, pointer).value, { variable: 'above' });
        }
      }
      for (const pointer of merged.places.keys()) assert.notEqual(valueAt(merged.value, pointer), undefined);
      for (const name of Object.keys(one)) assert.ok(Object.hasOwn(merged.value, name));
    }),
  );
});

test('laying a document over itself, or nothing over it, changes nothing', () => {
  fc.assert(
    fc.property(objects, (value) => {
      const document = documentOf(value, 'x');
      assert.deepEqual(overlay(document, document), document);
      assert.deepEqual(overlay(document, { value: {}, places: new Map() }), document);
    }),
  );
});

test('a JSON pointer leads back to its names', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (names) => assert.deepEqual(namesIn(names.reduce<string>(below, '')), names)),
  );
});
