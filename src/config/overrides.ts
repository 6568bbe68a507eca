import { checkUser, parseAddress, parseChain, parsePort, type PartialAddress } from './address.ts';
import { listOf } from './pattern.ts';
import type { Problems, Report } from './problems.ts';
import { checkRevision } from './revision.ts';

/** What a configuration of ssh says of a host. An empty text counts as absent. */
export interface Alias {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly proxyJump: string | undefined;
  readonly proxyCommand: string | undefined;
}

/** Asks for that by the name that somebody wrote; undefined where it says nothing. */
export type AliasOf = (host: string) => Alias | undefined;

/** The inputs that go before the config. An empty text counts as absent. */
export interface Overrides {
  /** Separated by commas or line ends: addresses, or patterns where the config has `targets`. */
  readonly host?: string | undefined;
  readonly user?: string | undefined;
  readonly port?: string | number | undefined;
  readonly proxyJump?: string | undefined;
  readonly proxyCommand?: string | undefined;
  readonly revision?: string | undefined;
  /** `false` leaves out all listeners, whatever may be wrong with them. */
  readonly listeners?: boolean | undefined;
  /** Where nobody says more of a host than its name. */
  readonly aliasOf?: AliasOf | undefined;
}

/** The same, checked. What was wrong is absent. */
export interface CheckedOverrides {
  /** The entries of `host`, as written. */
  readonly hosts: readonly string[];
  readonly user: string | undefined;
  readonly port: number | undefined;
  readonly proxyJump: readonly PartialAddress[] | undefined;
  readonly proxyCommand: string | undefined;
  readonly revision: string | undefined;
  readonly aliasOf: AliasOf;
}

export function readOverrides(overrides: Overrides, problems: Problems): CheckedOverrides {
  const read = <Value>(
    text: string | number | undefined,
    input: string,
    parse: (text: string, subject: string, report: Report) => Value | null,
  ): Value | undefined => {
    const trimmed = String(text ?? '').trim();
    return trimmed === '' ? undefined : (parse(trimmed, 'it', problems.at({ input })) ?? undefined);
  };
  return {
    hosts: listOf(overrides.host ?? ''),
    user: read(overrides.user, 'user', checkUser),
    port: read(overrides.port, 'port', parsePort),
    proxyJump: read(overrides.proxyJump, 'proxy-jump', parseChain),
    proxyCommand: read(overrides.proxyCommand, 'proxy-command', (text) => text),
    revision: read(overrides.revision, 'revision', checkRevision),
    aliasOf: overrides.aliasOf ?? (() => undefined),
  };
}

/** The entries of the input `host` as addresses; null stands for one that is wrong. */
export function parseHosts(hosts: readonly string[], problems: Problems): readonly (PartialAddress | null)[] {
  const report = problems.at({ input: 'host' });
  return hosts.map((text, index) => parseAddress(text, hosts.length === 1 ? 'it' : `entry ${index + 1}`, report));
}
