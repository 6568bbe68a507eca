import type { Config, Symlink, Target } from '../config/config.ts';
import type { Command } from '../config/events.ts';
import type { UploadChanges } from '../listeners/preview.ts';
import { textOfSymlink } from '../remote/setup.ts';
import type { Commits } from './commits.ts';
import type { Plan, PlannedLink, RunPlan } from './plan.ts';
import type { Site } from './site.ts';

export interface PlanFacts {
  readonly command: Command;
  readonly config: Config;
  /** Of the revision, on all targets. */
  readonly name: string;
  readonly uploads: UploadChanges | undefined;
  readonly commits: Commits | undefined;
  readonly notes: readonly string[];
}

const nothing: Plan = { unchanged: false, directories: [], links: [], purges: [], notes: [] };

/** What would be done on a target, by what was read there. */
export function planOf(site: Site, facts: PlanFacts): Plan {
  const { command, commits, notes } = facts;
  const { target, state, knowledge } = site;
  if (state.phase === 'unchanged') return { ...nothing, unchanged: true };
  if (command === 'adopt') {
    return { ...nothing, adopts: { revisions: knowledge.adopted, order: knowledge.orderedBy } };
  }
  const built = command === 'deploy' || command === 'prepare' ? building(site, facts) : nothing;
  if (command === 'prepare') return { ...built, commits, notes };
  const to = command === 'deploy' ? facts.name : (state.revision ?? facts.name);
  return {
    ...built,
    ...{ commits, notes },
    switches: {
      link: target.activeSymlink,
      from: state.active ?? (state.outside === '' ? undefined : state.outside),
      to,
    },
    purges: values(site, 'purgeable').filter((old) => old !== to),
    marksBad: values(site, 'marks')[0],
    clears: values(site, 'clears')[0],
  };
}

function building(site: Site, { config, name, uploads }: PlanFacts): Plan {
  const { target } = site;
  return {
    ...nothing,
    directories: values(site, 'missing'),
    creates: `${target.revisions}/${name}`,
    copies: config.sourceDir,
    links: target.symlinks.map((symlink) => linkOf(symlink, site, config)),
    uploads,
  };
}

function linkOf(symlink: Symlink, site: Site, config: Config): PlannedLink {
  const { path, source } = symlink;
  const isMade = site.target.directories.some((made) => made === source || made.startsWith(`${source}/`));
  const dangling = !isMade && values(site, 'dangling').includes(path);
  const now = standingAt(path, textOfSymlink(config, site.target, symlink), site);
  return { path, source, dangling, now, replaces: config.sourceDir !== undefined && now !== undefined };
}

/** What stands at a link's path in the active revision, or in what is copied. */
function standingAt(path: string, wanted: string, { knowledge }: Site): PlannedLink['now'] {
  const found = knowledge.found.find(({ kind, values: [at] }) => kind === 'standing' && at === path);
  const [, what, text = ''] = found?.values ?? [];
  if (what === 'link') return text === wanted ? 'same' : { link: text };
  return what === 'directory' || what === 'file' ? what : undefined;
}

function values({ knowledge }: Site, kind: string): readonly string[] {
  return knowledge.found.flatMap((fact) => (fact.kind === kind ? (fact.values[0] ?? []) : []));
}

/** The targets of each wave by name, where there are several. */
export function wavesOfPlan(command: Command, config: Config, working: readonly Target[]): RunPlan['waves'] {
  if ((command !== 'deploy' && command !== 'activate') || config.waves.sizes.length < 2) return [];
  let from = 0;
  return config.waves.sizes.map((size) => {
    const wave = config.targets.slice(from, (from += size));
    return wave.filter((target) => working.includes(target)).map(({ name }) => name);
  });
}
