/** Writes `src/generated/`: the compiled schema, the schema as a value, and the target's scripts as text. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';

const root = join(import.meta.dirname, '..');
const generated = join(root, 'src', 'generated');

const declaration = `interface ValidationError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema: object;
}
interface Validate {
  (data: unknown): boolean;
  errors?: readonly ValidationError[] | null;
}
declare const validate: Validate;
declare namespace validate {
  export type { ValidationError };
}
export = validate;
`;

/** A script of the target, with the files that it reads in by `. ./FILE` in their place. */
function assemble(path: string): string {
  const script = readFileSync(path, 'utf8');
  return script.replace(/^\. (\S+)$/gm, (_line, file: string) => assemble(join(path, '..', file)));
}

/** Drops what `sh` does not read. The script holds no here-document and no quoted line that depends on its indentation. */
function strip(script: string): string {
  const lines = script.split(/\r?\n/).map((line) => line.trimStart());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `${line}\n`)
    .join('');
}

function write(name: string, text: string): void {
  const path = join(generated, name);
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

mkdirSync(generated, { recursive: true });

const schema = JSON.parse(readFileSync(join(root, 'schema', 'shipper.schema.json'), 'utf8')) as AnySchemaObject;
const ajv = new Ajv({ allErrors: true, verbose: true, messages: false, allowUnionTypes: true, code: { source: true } });
write('validate.cjs', `${standaloneCode(ajv, ajv.compile(schema))}\n`);
write('validate.d.cts', declaration);
write('schema.ts', `export const schema: unknown = ${JSON.stringify(schema)};\n`);

for (const [file, name] of [
  ['shipper', 'shipperSh'] as const,
  ['command', 'commandSh'] as const,
  ['upload', 'uploadSh'] as const,
]) {
  const text = strip(assemble(join(root, 'src', 'remote', `${file}.sh`)));
  write(`${file}-sh.ts`, `export const ${name}: string = ${JSON.stringify(text)};\n`);
}
