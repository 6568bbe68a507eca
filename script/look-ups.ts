/**
 * Fails where a file of the bundle would look for code at run time, or make some: what is not in the bundle could come
 * from wherever Node looks, and would run beside the key. Usage: `look-ups.ts FILE...`
 */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import ts from 'typescript';

/** What is known, and harmless: the modules that the config names, the bundle's own files, constants of libraries. */
const known: readonly RegExp[] = [
  /^import\(\/\* webpackIgnore: true \*\/ __rewriteRelativeImportExtension\(.*pathToFileURL\)\(path\)\.href\)\)$/,
  /^require\('\.\/shipper\.js'\)$/,
  /^require\("\.\.\/dist\/shipper\.js"\)$/,
  /^new Function\('return 2n \*\* 32n'\)$/,
  /^process\.binding\('buffer'\)$/,
];

/** Names that run text, or load what is named only at run time. */
const loaders = new Set([
  'eval',
  'Function',
  'createRequire',
  'binding',
  '_linkedBinding',
  'dlopen',
  '_load',
  'runInThisContext',
  'compileFunction',
]);

function isLookUp(node: ts.Node): boolean {
  if (ts.isIdentifier(node) && node.text === 'require') return !isCalled(node) && !ts.isTypeOfExpression(node.parent);
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return false;
  const { expression } = node;
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  return loaders.has(name) || (/\brequire$/.test(name) && !isOfNode(node.arguments?.[0]));
}

const isCalled = (node: ts.Identifier): boolean =>
  (ts.isCallExpression(node.parent) && node.parent.expression === node) || ts.isPropertyAccessExpression(node.parent);

const isOfNode = (argument: ts.Node | undefined): boolean =>
  argument !== undefined && ts.isStringLiteral(argument) && isBuiltin(argument.text);

/** Every look-up in a file that is not known, as `file:line: text`. */
export function lookUps(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isLookUp(node) && !known.some((pattern) => pattern.test(node.getText()))) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${basename(path)}:${line + 1}: ${node.getText().slice(0, 100)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

if (import.meta.main) {
  const found = process.argv.slice(2).flatMap((path) => lookUps(path, readFileSync(path, 'utf8')));
  for (const line of found) console.error(line);
  if (found.length > 0) {
    console.error('script/build: the bundle would look for code at run time: leave it out, or bring it in.');
    process.exitCode = 1;
  }
}
