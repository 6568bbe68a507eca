import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { isObject } from '../../src/config/document.ts';
import { eventNames } from '../../src/config/events.ts';
import { follow, memberOf, namesOf, schema } from '../../src/config/schema.ts';

const path = join(import.meta.dirname, '../../schema/shipper.schema.json');
const source: unknown = JSON.parse(readFileSync(path, 'utf8'));

/** Every schema of a property in the file, by its path. */
function propertiesIn(value: unknown, at = ''): readonly (readonly [string, Record<string, unknown>])[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = `${at}/${key}`;
    if (key !== 'properties' || !isObject(inner)) return propertiesIn(inner, here);
    return Object.entries(inner).flatMap(([name, property]) => {
      assert.ok(isObject(property));
      return [[`${here}/${name}`, property] as const, ...propertiesIn(property, `${here}/${name}`)];
    });
  });
}

test('the schema is a valid one, and the one in use', () => {
  assert.deepEqual(schema, source);
  assert.equal(new Ajv({ strict: true }).validateSchema(schema), true);
});

for (const [place, property] of propertiesIn(source)) {
  test(`${place} tells editors what it is`, () => {
    assert.match(String(property['description']), /^[A-Z`].*[.:]$/);
    const { examples } = { ...follow(property), ...property };
    assert.ok(Array.isArray(examples) && examples.length > 0);
    assert.ok(isObject(property));
  });
}

test('the examples of the schema fit it', () => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true }).addSchema(schema, 'shipper');
  const examples = propertiesIn(source).flatMap(([place, property]) => {
    const { examples = [] } = { ...follow(property), ...property };
    return examples.map((example) => [place, example] as const);
  });
  for (const [place, example] of examples) {
    const fragment = place.split('/').map(encodeURIComponent).join('/');
    assert.ok(ajv.validate({ $ref: `shipper#${fragment}` }, example), `${place}: ${JSON.stringify(example)}`);
  }
});

test('the schema names every event, in their order', () => {
  assert.deepEqual(namesOf(memberOf(schema, 'events')), eventNames);
});

test('every object of the schema is closed, those of names of your own aside', () => {
  const open: string[] = [];
  const visit = (value: unknown, at: string): void => {
    if (!isObject(value)) return;
    if (value['type'] === 'object' && value['additionalProperties'] !== false) open.push(at);
    for (const [key, inner] of Object.entries(value)) visit(inner, `${at}/${key}`);
  };
  visit(source, '');
  assert.deepEqual(open, ['/definitions/directories', '/definitions/symlinks']);
});
