import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Position } from '../../errors.ts';
import { describeFailure, relativeTo } from './describe-failure.ts';
import { explainMissingImport } from './missing-import.ts';

export interface LoadFailure {
  readonly message: string;
  readonly at?: Position | undefined;
}

/** Why a module could not be loaded and what to do about it, in words that a user of Node's error codes need not know. */
export function explainLoadError(thrown: unknown, path: string, workspace: string): LoadFailure {
  const failure = describeFailure(thrown, workspace);
  const name = relativeTo(workspace, path) ?? path;
  const thrownByModule = {
    ...failure,
    message: [`${name} failed while it was loaded: ${failure.message}`, ...failure.stack].join('\n'),
  };
  if (!(thrown instanceof Error)) return thrownByModule;
  const code = 'code' in thrown ? thrown.code : undefined;
  const at = positionOfSyntax(thrown.stack ?? '', workspace);
  const file = at?.file ?? name;
  switch (code) {
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return {
        message: `${file}: ${thrown.message}. Node runs TypeScript by erasing its types: write a constant object instead of an enum, assign fields in the constructor instead of parameter properties, import instead of namespaces. "erasableSyntaxOnly": true in tsconfig.json shows each place.`,
        at,
      };
    case 'ERR_INVALID_TYPESCRIPT_SYNTAX':
      return { message: `${file}: syntax error: ${thrown.message}`, at };
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return {
        message: `${name}: ${erased(thrown.message, workspace)} is TypeScript under node_modules, which Node does not run. Use its compiled JavaScript, or keep the file outside node_modules.`,
      };
    case 'ERR_UNKNOWN_FILE_EXTENSION':
      return { message: `${name}: ${thrown.message.replaceAll(`${workspace}/`, '')}. ${whichNode(thrown.message)}` };
    case 'ERR_MODULE_NOT_FOUND':
    case 'ERR_UNSUPPORTED_DIR_IMPORT':
    case 'MODULE_NOT_FOUND':
      return { message: explainMissingImport(thrown, path, workspace) };
    default:
      return thrown instanceof SyntaxError ? explainSyntax(thrown, path, name, workspace) : thrownByModule;
  }
}

function explainSyntax(error: SyntaxError, path: string, name: string, workspace: string): LoadFailure {
  const at = positionOfSyntax(error.stack ?? '', workspace) ?? positionByCheck(path, workspace);
  const file = at?.file ?? name;
  if (/Unexpected token 'export'|Cannot use import statement|import\.meta/.test(error.message)) {
    return { message: `${file}: ${error.message}. ${whyCommonJs(resolve(workspace, file), workspace)}`, at };
  }
  if (error.message.includes('does not provide an export named')) {
    return { message: `${file}: ${error.message}. If it is a type, import it with "import type".`, at };
  }
  const where = at === undefined ? ` Run "node ${name}" to see where, in it or in a file that it imports.` : '';
  return { message: `${file}: syntax error: ${error.message}.${where}`, at };
}

function whyCommonJs(file: string, workspace: string): string {
  const extension = extname(file);
  if (extension === '.cjs') return 'A .cjs file is CommonJS: write module.exports and require, or rename it to .mjs.';
  const better = extension === '.ts' ? '.mts' : '.mjs';
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const manifest = join(directory, 'package.json');
    if (existsSync(manifest) && /"type"\s*:\s*"commonjs"/.test(readFileSync(manifest, 'utf8'))) {
      return `${relativeTo(workspace, manifest) ?? manifest} says "type": "commonjs": rename the file to ${better}, or remove "type" there.`;
    }
    if (existsSync(manifest) || directory === dirname(directory)) break;
  }
  return `It was read as CommonJS: rename it to ${better}.`;
}

/** Node puts `path:line` and a caret under the place in front of the stack of a syntax error, though not of each one. */
function positionOfSyntax(stack: string, workspace: string): Position | undefined {
  const lines = stack.split('\n');
  const header = /^(?<path>.+):(?<line>\d+)$/.exec(lines[0] ?? '')?.groups;
  const file = relativeTo(workspace, header?.['path'] ?? '');
  if (header === undefined || file === undefined) return undefined;
  const caret = lines.slice(1, 8).find((line) => /^\s*\^+\s*$/.test(line));
  return { file, line: Number(header['line']), column: (caret?.indexOf('^') ?? 0) + 1 };
}

/** For an ES module, Node tells the place of a syntax error only on its way out: ask a second one, which runs nothing. */
function positionByCheck(path: string, workspace: string): Position | undefined {
  const check = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: 10_000 });
  return positionOfSyntax(check.stderr.trimStart(), workspace);
}

function erased(message: string, workspace: string): string {
  const url = /"(file:[^"]+)"/.exec(message)?.[1];
  return url === undefined ? message : (relativeTo(workspace, url) ?? fileURLToPath(url));
}

function whichNode(message: string): string {
  return /"\.m?ts"/.test(message)
    ? `TypeScript modules need Node 22.18 or newer, and this is ${process.version}: run Shipper with a newer Node, write the module as .mjs, or do without listeners: --no-listeners in a terminal, "listeners: false" in a workflow.`
    : 'Node runs .ts, .mts, .js, .mjs and .cjs.';
}
