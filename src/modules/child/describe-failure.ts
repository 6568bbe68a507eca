import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import type { Position } from '../../errors.ts';
import { nameInWorkspace } from '../../workspace.ts';
import type { ListenerFailure } from '../messages.ts';

const place = /(?<path>(?:file:\/\/\/|\/|[A-Za-z]:[\\/])[^()]*?):(?<line>\d+):(?<column>\d+)\)?$/;

/** What was thrown, in words, with the part of its stack that lies in the workspace. */
export function describeFailure(thrown: unknown, workspace: string): ListenerFailure {
  if (!(thrown instanceof Error)) {
    return { message: typeof thrown === 'string' ? thrown : `${inspect(thrown)} was thrown`, stack: [] };
  }
  const lines = (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const own = lines.flatMap((line) => {
    const at = positionIn(line, workspace);
    return at === undefined ? [] : [{ at, line: line.trim().replace(place, `${at.file}:${at.line}:${at.column}`) }];
  });
  return {
    message: messageOf(thrown),
    stack: own.map(({ line }) => (line.includes('(') && !line.endsWith(')') ? `${line})` : line)),
    at: own.find(({ at }) => !at.file.startsWith('node_modules'))?.at,
  };
}

function messageOf(error: Error): string {
  const name = error.name === 'Error' || error.name === '' ? '' : `${error.name}: `;
  const several = error instanceof AggregateError ? error.errors.map((each) => `\n- ${String(each)}`).join('') : '';
  const cause = error.cause instanceof Error ? `\ncaused by ${messageOf(error.cause)}` : '';
  return `${name}${error.message}${several}${cause}`;
}

/** The place that a line of a stack names, if it is in a file of the workspace. */
function positionIn(line: string, workspace: string): Position | undefined {
  const groups = place.exec(line)?.groups;
  if (groups === undefined) return undefined;
  const file = relativeTo(workspace, groups['path'] ?? '');
  return file === undefined ? undefined : { file, line: Number(groups['line']), column: Number(groups['column']) };
}

/** A path or file URL, relative to the workspace with `/`; undefined outside it, and for Shipper's own file. */
export function relativeTo(workspace: string, pathOrUrl: string): string | undefined {
  const path = pathOrUrl.startsWith('file:') ? fileURLToPath(pathOrUrl) : pathOrUrl;
  const name = nameInWorkspace(workspace, path);
  return name === '' || path === process.argv[1] ? undefined : name;
}
