import { formatAddress } from './address.ts';
import type { Target } from './config.ts';
import { didYouMean } from './nearest.ts';
import { contains } from './paths.ts';
import { matchesTarget } from './pattern.ts';
import type { Problems } from './problems.ts';
import type { Candidate } from './targets.ts';

/** Makes a fleet of candidates: each target once, no two of them in each other's way, each by a name of its own. */
export function fleetOf(candidates: readonly Candidate[], problems: Problems): readonly Target[] {
  const servers = groupBy(candidates, ({ target }) => `${target.host.toLowerCase()}:${target.port}`);
  const unique = new Set([...servers.values()].flatMap((neighbours) => separate(neighbours, problems)));
  return name(
    candidates.filter((candidate) => unique.has(candidate)),
    problems,
  );
}

/** The first candidate of each active symlink on one server. */
function separate(neighbours: readonly Candidate[], problems: Problems): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of neighbours) {
    const report = problems.at(candidate.origin);
    const { activeSymlink, revisions } = candidate.target;
    const twin = kept.find(({ target }) => target.activeSymlink === activeSymlink);
    if (twin !== undefined) {
      if (twin.target.revisions !== revisions) report('a target before has this active symlink over other revisions');
      continue;
    }
    const rival = kept.find(({ target }) => overlap(target.revisions, revisions));
    const trespasser = kept.find(
      ({ target }) => contains(target.revisions, activeSymlink) || contains(revisions, target.activeSymlink),
    );
    if (rival !== undefined) report('a target before has these revisions under another active symlink');
    else if (trespasser !== undefined) report("an active symlink would stand in another target's revisions");
    kept.push(candidate);
  }
  return kept;
}

function overlap(one: string, other: string): boolean {
  return contains(one, other) || contains(other, one);
}

/** Targets without a name go by their host; where that is not enough, also by port, user and active symlink. */
function name(candidates: readonly Candidate[], problems: Problems): readonly Target[] {
  const named = new Set<string>();
  for (const { target, isNamed, origin } of candidates) {
    if (isNamed && named.has(target.name)) problems.add(origin, 'another target has the same "name"');
    if (isNamed) named.add(target.name);
  }
  const ways: ((candidate: Candidate) => string)[] = [
    ({ called }) => called,
    ({ called, target: { port } }) => formatAddress({ host: called, port }),
    ({ called, target: { port, activeSymlink } }) => `${formatAddress({ host: called, port })} ${activeSymlink}`,
  ];
  let nameless = candidates.filter(({ isNamed }) => !isNamed);
  const names = new Map<Candidate, string>();
  for (const way of ways) {
    const groups = groupBy(nameless, (candidate) => way(candidate).toLowerCase());
    for (const [only, another] of groups.values()) {
      if (only === undefined || another !== undefined || named.has(way(only))) continue;
      names.set(only, way(only));
    }
    nameless = nameless.filter((candidate) => !names.has(candidate));
  }
  return candidates.map((candidate) => ({
    ...candidate.target,
    name: names.get(candidate) ?? candidate.target.name,
  }));
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** The targets that the patterns in the input `host` mean. A pattern that means none is a problem. */
export function selectTargets(
  fleet: readonly Target[],
  patterns: readonly string[],
  problems: Problems,
): readonly Target[] {
  if (patterns.length === 0 || fleet.length === 0) return fleet;
  const input = { input: 'host' };
  // What is no pattern may hold a password, and is not repeated.
  const odd = patterns.filter((pattern) => /@|\/\//.test(pattern));
  if (odd.length > 0) {
    problems.add(
      input,
      'the config has "targets": select among them by name or host (web*,!web7), without user or URL',
    );
    return fleet;
  }
  const report = (sentence: string): void => problems.absent('INPUT', sentence, input);
  const names = [...new Set(fleet.flatMap((target) => [target.name, target.host]))];
  const selected = fleet.filter((target) => matchesTarget(patterns.join(), target));
  const plain = patterns.map((pattern) => pattern.replace(/^!\s*/, ''));
  const idle = plain.filter((pattern) => !fleet.some((target) => matchesTarget(pattern, target)));
  for (const pattern of idle) {
    report(`no target in the config's "targets" matches "${pattern}"${didYouMean(pattern, names)}`);
  }
  if (selected.length === 0 && idle.length === 0) report('it leaves none of the config\'s "targets"');
  return selected;
}
