import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../src/errors.ts';
import { explainLoadError } from '../../src/modules/child/load-error.ts';
import { errorOf, listenersFor, startModules, workspaceWith } from './fixture.ts';

interface Case {
  readonly name: string;
  /** Beside the module, which is the first of them. */
  readonly files: Readonly<Record<string, string>>;
  readonly message: RegExp;
  /** `file:line:column`; at the listener's line of the config without it. */
  readonly at?: string;
}

const cases: readonly Case[] = [
  {
    name: 'ESM syntax in a .ts file under "type": "commonjs"',
    files: { 'hooks.ts': 'export class Site { name: string = "" }', 'package.json': '{ "type": "commonjs" }' },
    message:
      /^hooks\.ts: Unexpected token 'export'\. package\.json says "type": "commonjs": rename the file to \.mts, or remove "type" there\.$/,
    at: 'hooks.ts:1:1',
  },
  {
    name: 'an import in a .js file under "type": "commonjs"',
    files: {
      'hooks.js': "import fs from 'node:fs';\nexports.Site = class {};",
      'package.json': '{ "type": "commonjs" }',
    },
    message: /^hooks\.js: Cannot use import statement outside a module\. .* rename the file to \.mjs/,
    at: 'hooks.js:1:1',
  },
  {
    name: 'ESM syntax in a .cjs file',
    files: { 'hooks.cjs': 'export class Site {}' },
    message: /A \.cjs file is CommonJS: write module\.exports and require, or rename it to \.mjs\.$/,
    at: 'hooks.cjs:1:1',
  },
  {
    name: 'an enum',
    files: { 'hooks.ts': 'const one = 1;\nexport enum Stage { production = one }\nexport class Site {}' },
    message:
      /^hooks\.ts: TypeScript enum is not supported in strip-only mode\. Node runs TypeScript by erasing its types: write a constant object/,
    at: 'hooks.ts:2:8',
  },
  {
    name: 'a parameter property',
    files: { 'hooks.mts': 'export class Site {\n  constructor(private name: string) {}\n}' },
    message: /^hooks\.mts: TypeScript parameter property is not supported .* assign fields in the constructor/,
    at: 'hooks.mts:2:23',
  },
  {
    name: 'an enum in a file that the module imports',
    files: { 'hooks.ts': "import './lib/stage.ts'; export class Site {}", 'lib/stage.ts': 'export enum Stage { one }' },
    message: /^lib\/stage\.ts: TypeScript enum/,
    at: 'lib/stage.ts:1:8',
  },
  {
    name: 'a syntax error in TypeScript',
    files: { 'hooks.ts': 'export class Site {\n  go( {\n}\n' },
    message: /^hooks\.ts: syntax error: Expected/,
    at: 'hooks.ts:3:1',
  },
  {
    name: 'a syntax error in an ES module',
    files: { 'hooks.mjs': 'export class Site {\n  go() { return 1 +; }\n}\n' },
    message: /^hooks\.mjs: syntax error: Unexpected token ';'\.$/,
    at: 'hooks.mjs:2:20',
  },
  {
    name: 'a syntax error in CommonJS',
    files: { 'hooks.cjs': 'exports.Site = class {\n  go() { return 1 +; }\n}\n' },
    message: /^hooks\.cjs: syntax error: Unexpected token ';'\.$/,
    at: 'hooks.cjs:2:20',
  },
  {
    name: 'a syntax error in a file that the module imports',
    files: { 'hooks.mjs': "import './other.mjs'; export class Site {}", 'other.mjs': 'const = 1' },
    message: /^hooks\.mjs: syntax error: Unexpected token '='\. Run "node hooks\.mjs" to see where/,
  },
  {
    name: 'an import without an extension',
    files: {
      'deploy/hooks.ts': "import { a } from '../lib/a'; export class Site {}",
      'lib/a.ts': 'export const a = 1',
    },
    message: /^deploy\/hooks\.ts imports "\.\.\/lib\/a"; Node needs the whole file name: write "\.\.\/lib\/a\.ts"\.$/,
  },
  {
    name: 'an import by the name of the compiled file',
    files: { 'hooks.ts': "import { a } from './a.js'; export class Site {}", 'a.ts': 'export const a = 1' },
    message: /imports "\.\/a\.js"; Node needs the whole file name: write "\.\/a\.ts"\.$/,
  },
  {
    name: 'an import of a directory',
    files: { 'hooks.ts': "import { a } from './lib'; export class Site {}", 'lib/index.ts': 'export const a = 1' },
    message: /write "\.\/lib\/index\.ts"\.$/,
  },
  {
    name: 'an import of a file that is nowhere',
    files: { 'hooks.ts': "import { a } from './nowhere.ts'; export class Site {}" },
    message: /hooks\.ts imports "\.\/nowhere\.ts", which does not exist\.$/,
  },
  {
    name: 'a require of a file that is nowhere',
    files: { 'hooks.cjs': "require('./nowhere'); exports.Site = class {}" },
    message: /hooks\.cjs imports "\.\/nowhere", which does not exist\.$/,
  },
  {
    name: 'a package that is not installed',
    files: { 'hooks.ts': "import slack from 'no-such-package/client'; export class Site {}" },
    message:
      /hooks\.ts imports the package "no-such-package", which is not installed\. Install it in a step before Shipper, such as "run: npm ci"\./,
  },
  {
    name: 'a required package that is not installed',
    files: { 'hooks.cjs': "require('no-such-package'); exports.Site = class {}" },
    message: /hooks\.cjs imports the package "no-such-package", which is not installed/,
  },
  {
    name: 'TypeScript under node_modules',
    files: {
      'hooks.ts': "import 'typed'; export class Site {}",
      'node_modules/typed/package.json': '{ "name": "typed", "type": "module", "exports": "./index.ts" }',
      'node_modules/typed/index.ts': 'export const one: number = 1',
    },
    message: /^hooks\.ts: node_modules\/typed\/index\.ts is TypeScript under node_modules, which Node does not run\./,
  },
  {
    name: 'a type that is imported as a value',
    files: {
      'hooks.ts': "import { Shipper } from './shipper.d.ts'; export class Site {}",
      'shipper.d.ts': 'export interface Shipper {}',
    },
    message: /does not provide an export named 'Shipper'\. If it is a type, import it with "import type"\.$/,
    at: 'hooks.ts:1:10',
  },
  {
    name: 'a kind of file that Node does not run',
    files: { 'hooks.mjs': "import './view.tsx'; export class Site {}", 'view.tsx': '' },
    message:
      /^hooks\.mjs: Unknown file extension "\.tsx" for view\.tsx\. Node runs \.ts, \.mts, \.js, \.mjs and \.cjs\.$/,
  },
  {
    name: 'an error that the module throws',
    files: { 'hooks.ts': "\nthrow new RangeError('no token');\nexport class Site {}" },
    message: /^hooks\.ts failed while it was loaded: RangeError: no token\nat .*hooks\.ts:2:7$/,
    at: 'hooks.ts:2:7',
  },
  {
    name: 'something else that the module throws',
    files: { 'hooks.mjs': "throw 'text';" },
    message: /^hooks\.mjs failed while it was loaded: text$/,
  },
  {
    name: 'a rejection that nothing handles, while the module is loaded',
    files: { 'hooks.mjs': "void Promise.reject(new Error('unseen')); export class Site { go() {} }" },
    message: /^The module failed while it was loaded: unseen/,
    at: 'hooks.mjs:1:21',
  },
  {
    name: 'a module that exits',
    files: { 'hooks.mjs': 'process.exit(4); export class Site {}' },
    message:
      /^The module ended its process while it was loaded: it ended with exit status 4\. Do not call process\.exit\(\)/,
  },
  {
    name: 'an export that is no class',
    files: { 'hooks.mjs': 'export const Site = () => ({ go() {} });' },
    message: /^hooks\.Site\.go: "Site" in hooks\.mjs is not a class; a listener is a method of a class\.$/,
  },
  {
    name: 'an empty module',
    files: { 'hooks.ts': '' },
    message: /^hooks\.Site\.go: hooks\.ts does not export "Site"; it exports nothing\.$/,
  },
  {
    name: 'a class without the method',
    files: { 'hooks.mjs': 'export class Site { deploy() {} static go() {} }' },
    message: /^hooks\.Site\.go: the class Site has no method "go"; it has deploy\.$/,
  },
];

for (const { name, files, message, at } of cases) {
  test(`the error about ${name} says what to do`, async () => {
    await using workspace = await workspaceWith(files);
    const module = (Object.keys(files)[0] ?? '').replace(/\.\w+$/, '').replaceAll('/', '.');
    const error = await errorOf(startModules(workspace, listenersFor('on:start', `${module}.Site.go`)));
    assert.equal(error.code, 'CONFIG');
    assert.equal(error.problems.length, 1);
    assert.match(error.message, message);
    assert.equal(place(error.problems[0]), at ?? 'shipper.json:3:7');
  });
}

test('the error about TypeScript on an old Node says which Node it takes', () => {
  const thrown = Object.assign(new TypeError('Unknown file extension ".ts" for /work/hooks.ts'), {
    code: 'ERR_UNKNOWN_FILE_EXTENSION',
  });
  const { message } = explainLoadError(thrown, '/work/hooks.ts', '/work');
  assert.match(
    message,
    /^hooks\.ts: Unknown file extension "\.ts" for hooks\.ts\. TypeScript modules need Node 22\.18 or newer, and this is v24\..*\.mjs, .*--no-listeners in a terminal/,
  );
});

function place(problem: Problem | undefined): string {
  const { file, line, column } = problem?.at ?? { file: '', line: 0, column: 0 };
  return `${file}:${line}:${column}`;
}
