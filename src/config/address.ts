import { isIPv6 } from 'node:net';
import { listOf } from './pattern.ts';
import type { Report } from './problems.ts';

/** An address as written: what it leaves out is for others to say. */
export interface PartialAddress {
  readonly user?: string | undefined;
  readonly host: string;
  readonly port?: number | undefined;
}

const form = '[user@]host[:port]';

/** Reads `[user@]host[:port]`, with IPv6 as `[::1]:22`, `[::1]` or `::1`. `subject` is what a sentence calls it. */
export function parseAddress(text: string, subject: string, report: Report): PartialAddress | null {
  if (/^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(text)) return report(`${subject} must not be a URL: its form is ${form}`);
  const at = text.lastIndexOf('@');
  const rest = text.slice(at + 1);
  const [, bracketed, bracketedPort] = /^\[([^\]]*)\](?::(.*))?$/s.exec(rest) ?? [];
  const [, plain, plainPort] = /^([^:]*):([^:/]*)$/s.exec(rest) ?? [];
  const portText = bracketedPort ?? plainPort;
  const user = at < 0 ? undefined : checkUser(text.slice(0, at), subject, report);
  const host = checkHost(bracketed === undefined ? (plain ?? rest) : `[${bracketed}]`, subject, report);
  const port = portText === undefined ? undefined : parsePort(portText, subject, report);
  if (host === null || user === null || port === null) return null;
  return { user, host, port };
}

/** Writes an address in the form that `parseAddress` reads. */
export function formatAddress({ user, host, port }: PartialAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}

/** Reads a comma-separated chain of addresses; null if one of them is wrong. */
export function parseChain(text: string, subject: string, report: Report): readonly PartialAddress[] | null {
  const parts = listOf(text);
  const hops = parts.map((part, index) =>
    parseAddress(part, parts.length === 1 ? subject : `hop ${index + 1} of ${subject}`, report),
  );
  return hops.every((hop) => hop !== null) ? hops : null;
}

/** A host name or IP address, without the brackets that IPv6 may stand in. */
export function checkHost(text: string, subject: string, report: Report): string | null {
  const bare = /^\[(.*)\]$/s.exec(text)?.[1];
  const host = bare ?? text;
  if (host === '') return report(`${subject} has no host: its form is ${form}`);
  if (host.includes('://')) return report(`${subject} must not be a URL: its form is ${form}`);
  if (host.startsWith('-')) return report(`${subject} has a host that begins with "-"`);
  if (/[\s\p{C}]/u.test(host)) return report(`${subject} has white space or a control character in its host`);
  if (isIPv6(host)) return host;
  if (bare !== undefined) return report(`${subject} has something in [ ] that is no IPv6 address`);
  if (host.includes(':')) return report(`${subject} has a ":" too many: its form is ${form}, IPv6 in [ ]`);
  if (/[^\p{L}\p{M}\p{N}._-]/u.test(host)) return report(`${subject} has a character that no host's name has`);
  return host;
}

/** A user's name, as it can be sent to a server and shown in a log. */
export function checkUser(text: string, subject: string, report: Report): string | null {
  if (text === '') return report(`${subject} has an empty user`);
  if (text.startsWith('-')) return report(`${subject} has a user that begins with "-"`);
  if (text.includes(':')) return report(`${subject} has a ":" in its user: a password belongs in the input "password"`);
  if (/[\s\p{C}]/u.test(text)) return report(`${subject} has white space or a control character in its user`);
  return text;
}

/** A port from 1 to 65535, in decimal digits. */
export function parsePort(text: string, subject: string, report: Report): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : report(`${subject} must have a port from 1 to 65535`);
}
