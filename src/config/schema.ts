import { schema as source } from '../generated/schema.ts';

type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';

/** What this room reads of a JSON schema. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: SchemaType | readonly SchemaType[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The schema of the config file, as written in `schema/shipper.schema.json`. */
export const schema = source as Schema;

/** The schema that a `$ref` points to; any other schema as it is. */
export function follow(part: Schema): Schema {
  const name = part.$ref?.replace('#/definitions/', '');
  return (name === undefined ? undefined : schema.definitions?.[name]) ?? part;
}

/** The schema of a member of an object; undefined if there may be none of that name. */
export function memberOf(part: Schema, name: string): Schema | undefined {
  const { properties = {}, additionalProperties } = follow(part);
  if (Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** The names that the schema gives to the members of an object. */
export function namesOf(part: Schema | undefined): readonly string[] {
  return part === undefined ? [] : Object.keys(follow(part).properties ?? {});
}
