import type { Result } from './result.ts';

/** All outputs of a job have 1 MiB: of the files and commits of a plan they have the numbers, the plan's file the names. */
function withoutNames(key: string, value: unknown): unknown {
  if (key === 'each') return undefined;
  return (key === 'added' || key === 'dropped') && Array.isArray(value) ? value.length : value;
}

/** The outputs of the action, as far as they are known: of the first target, but for `result`, which has all. */
export function outputsOf(result: Result): Record<string, string> {
  const [first] = result.targets;
  const values = {
    revision: result.revision,
    'revision-path': first?.revisionPath,
    'previous-revision': result.previousRevision,
    // Empty where nothing is active: an earlier value, of a switch that was put back, must not stay.
    'active-revision': first?.active ?? '',
    purged: JSON.stringify(first?.purged ?? []),
    result: JSON.stringify(result, withoutNames),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
