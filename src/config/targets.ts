import { checkHost, checkUser, parseChain, type PartialAddress } from './address.ts';
import type { Address, Target } from './config.ts';
import { type Document, placeOf } from './document.ts';
import { type Layer, settingOf } from './layers.ts';
import { type Alias, type CheckedOverrides, parseHosts } from './overrides.ts';
import type { Origin, Problems } from './problems.ts';
import type { RawConfig, RawStructure, RawTarget } from './raw.ts';
import { type Structure, structureOf } from './structure.ts';

/** A target on its way to be one: not yet known to be the only one of its kind. */
export interface Candidate {
  readonly target: Target;
  /** Its host as somebody wrote it, which may be an alias. */
  readonly called: string;
  /** Whether the config gives it a name, so that it need not go by its host. */
  readonly isNamed: boolean;
  readonly origin: Origin;
}

/** Every target that the config and the inputs give, in their order. What is wrong goes to `problems`. */
export function readTargets(
  document: Document,
  config: RawConfig,
  inputs: CheckedOverrides,
  problems: Problems,
): readonly Candidate[] {
  const { target, targets } = config;
  const structures = structuresOf(document, config, problems);
  const read = (layer: Layer<RawTarget>, address?: PartialAddress, isAlone = true): Candidate[] => {
    const structure = structures(layer);
    const origin = address === undefined ? placeOf(document, layer.pointer).value : { input: 'host' };
    const { called, ...connection } = connectionOf(document, layer, inputs, address, problems);
    const name = isAlone ? nameOf(document, layer, problems) : null;
    if (structure === undefined) return [];
    return [{ target: { ...connection, ...structure, name: name ?? called }, called, isNamed: name !== null, origin }];
  };
  if (targets !== undefined) {
    if (target !== undefined) {
      const { key } = placeOf(document, '/config/target');
      const later = 'at' in key ? placeOf(document, '/config/targets').key : key;
      problems.add(later, 'give either "target" or "targets", not both');
    }
    return targets.flatMap((value, index) =>
      value === undefined ? [] : read({ value, pointer: `/config/targets/${index}` }),
    );
  }
  const layer = { value: target ?? {}, pointer: '/config/target' };
  if (inputs.hosts.length === 0) return read(layer);
  const addresses = parseHosts(inputs.hosts, problems);
  return addresses.flatMap((address) => (address === null ? [] : read(layer, address, addresses.length === 1)));
}

/** Resolves structures, one that several targets share only once. */
function structuresOf(
  document: Document,
  config: RawConfig,
  problems: Problems,
): (layer: Layer<RawTarget>) => Structure | undefined {
  const whole: Layer<RawStructure> = { value: config, pointer: '/config' };
  const known = new Map<string, Structure | undefined>();
  return (layer) => {
    const { base_dir, active_symlink, directories, symlinks } = layer.value;
    const own = [base_dir, active_symlink, directories, symlinks].some((setting) => setting !== undefined);
    const key = own ? layer.pointer : whole.pointer;
    if (!known.has(key)) known.set(key, structureOf(document, own ? [layer, whole] : [whole], problems));
    return known.get(key);
  };
}

/** How to reach a target. The entries of `targets` keep what they say for themselves; otherwise the inputs go first. */
function connectionOf(
  document: Document,
  layer: Layer<RawTarget>,
  inputs: CheckedOverrides,
  address: PartialAddress | undefined,
  problems: Problems,
): Address & Pick<Target, 'proxyJump' | 'proxyCommand'> & Pick<Candidate, 'called'> {
  const isEntry = layer.pointer !== '/config/target';
  const prefer = <Value>(own: Value | null | undefined, input: Value | undefined): Value | null | undefined =>
    isEntry ? (own ?? input) : (input ?? own);
  // With a stand-in for what is wrong or missing, the rest is checked as well; the problem is on record.
  const called = address?.host ?? hostOf(document, layer, isEntry, problems) ?? layer.pointer;
  const alias = inputs.aliasOf(called);
  const host = alias?.host ?? called;
  const user = address?.user ?? prefer(userOf(document, layer, problems), inputs.user) ?? alias?.user ?? '';
  const port = address?.port ?? prefer(layer.value.port, inputs.port) ?? alias?.port ?? 22;
  const chain = settingOf(document, [layer], 'proxy_jump');
  const hops = chain && parseChain(chain.found, '"proxy_jump"', problems.at(chain.value));
  if (user === '') {
    problems.absent('INPUT', 'There is no user: give the input "user", or "user" for the target in the config.');
  }
  const given = prefer(hops, inputs.proxyJump);
  const command = prefer(layer.value.proxy_command, inputs.proxyCommand);
  // One way is enough: what ssh would take counts where nobody names another.
  const own = given === undefined && command === undefined ? alias : undefined;
  const chosen = given ?? hopsOf(own, problems);
  const proxyJump = throughAliases(chosen, inputs, problems).map(({ host, port = 22, user: name = user }) => ({
    ...{ host, port, user: name },
  }));
  const proxyCommand = command ?? own?.proxyCommand ?? '';
  if (proxyCommand !== '' && proxyJump.length > 0) {
    problems.absent('CONFIG', `${host} has both a proxy command and jump hosts: give one of them.`);
  }
  return { called, host, user, port, proxyJump, ...(proxyCommand === '' ? {} : { proxyCommand }) };
}

function hopsOf(alias: Alias | undefined, problems: Problems): readonly PartialAddress[] {
  const report = problems.at({ input: 'host' });
  const written = alias?.proxyJump ?? '';
  return written === '' ? [] : (parseChain(written, 'ProxyJump of ~/.ssh/config', report) ?? []);
}

/** As ssh goes: each hop may be an alias, and the first may have hops before it. */
function throughAliases(
  hops: readonly PartialAddress[],
  inputs: CheckedOverrides,
  problems: Problems,
  depth = 0,
): readonly PartialAddress[] {
  const first = hops[0] && inputs.aliasOf(hops[0].host);
  const before = depth < 5 ? hopsOf(first, problems) : [];
  const known = hops.map((hop) => {
    const alias = inputs.aliasOf(hop.host);
    return { host: alias?.host ?? hop.host, user: hop.user ?? alias?.user, port: hop.port ?? alias?.port };
  });
  return before.length === 0 ? known : [...throughAliases(before, inputs, problems, depth + 1), ...known];
}

function hostOf(document: Document, layer: Layer<RawTarget>, isEntry: boolean, problems: Problems): string | null {
  const written = settingOf(document, [layer], 'host');
  if (written === undefined) {
    if (isEntry) problems.absent('CONFIG', 'this target has no "host"', placeOf(document, layer.pointer).value);
    else problems.absent('INPUT', 'There is no host: give the input "host", or "host" for the target in the config.');
    return null;
  }
  const report = problems.at(written.value);
  if (written.found.includes('@')) return report('"host" has a user in it: write it as "user"');
  if (/^[^:]*:\d*$|\]:/.test(written.found)) return report('"host" has a port in it: write it as "port"');
  return checkHost(written.found, '"host"', report);
}

function userOf(document: Document, layer: Layer<RawTarget>, problems: Problems): string | null | undefined {
  const written = settingOf(document, [layer], 'user');
  return written && checkUser(written.found, '"user"', problems.at(written.value));
}

/** Names are shown, listed and matched by patterns, so they have none of the signs that these are made of. */
function nameOf(document: Document, layer: Layer<RawTarget>, problems: Problems): string | null {
  const written = settingOf(document, [layer], 'name');
  if (written === undefined) return null;
  const report = problems.at(written.value);
  if (/\p{C}/u.test(written.found)) return report('"name" has a control character');
  if (/[,*]|^!|^\s|\s$/.test(written.found)) {
    return report('"name" must not have "," or "*", begin with "!" or stand in white space');
  }
  return written.found === 'runner' ? report('"runner" is no name for a target: it means the runner') : written.found;
}
