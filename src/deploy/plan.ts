import type { Config, Target } from '../config/config.ts';
import type { Command } from '../config/events.ts';
import type { Fact } from '../remote/frame.ts';
import type { TargetResult } from './result.ts';

/** What a command would do on a target, by what was read there; one line each. `revision`: its name on all targets. */
export function planLines(
  command: Command,
  config: Config,
  target: Target,
  revision: string,
  { unchanged, result, found }: { unchanged: boolean; result: TargetResult; found: readonly Fact[] },
): string[] {
  const values = (kind: string) => found.filter((fact) => fact.kind === kind).map((fact) => fact.values[0] ?? '');
  const active = result.active ?? 'nothing';
  if (unchanged) return [`change nothing: ${revision} is active already`];
  if (command === 'adopt') return ['record the revisions that are named above as its own, and delete nothing'];
  if (command === 'rollback') return [`switch ${target.activeSymlink} from ${active} to ${result.revision ?? '-'}`];
  const build =
    command === 'activate'
      ? []
      : [
          ...values('missing').map((path) => `create the directory ${path}`),
          `create the revision ${target.revisions}/${revision}`,
          ...(config.sourceDir === undefined ? [] : [`copy ${config.sourceDir} into it`]),
          ...target.symlinks.map(({ source, path }) => {
            const dangling = values('dangling').includes(source) && !target.directories.includes(source);
            return `link ${path} → ${source}${dangling ? ' (which does not exist)' : ''}${replaced(path, found)}`;
          }),
        ];
  if (command === 'prepare') return build;
  return [
    ...build,
    `switch ${target.activeSymlink} from ${active} to ${revision}`,
    ...values('purgeable').map((old) => `purge ${old}`),
  ];
}

/** What stands at a link's path by now, and would be replaced. */
function replaced(path: string, found: readonly Fact[]): string {
  const [, what = '', text = ''] =
    found.find(({ kind, values }) => kind === 'standing' && values[0] === path)?.values ?? [];
  if (what === 'link') return `, in place of a link to ${text}`;
  return what === '' ? '' : `, in place of a ${what}`;
}
