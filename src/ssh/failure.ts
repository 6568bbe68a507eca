import type { Address } from '../config/config.ts';
import { ShipperError, type ErrorCode } from '../errors.ts';
import { explainNothingInCommon } from './nothing-in-common.ts';

/** A failure that another attempt may get past. No password was sent before it. */
export class NetworkFault extends ShipperError {}

/** Whether a server did not let the user in yet, such as while it is booting up. Nothing was started there. */
export function isPostponed(error: unknown): boolean {
  return error instanceof NetworkFault && error.code === 'AUTH';
}

/** Whether a server says, to somebody whose key is right, that it lets nobody in, or not this user. */
export function saysRefusal(words: string): boolean {
  return /expired|not permitted|not allowed|denied|disabled|locked|booting up|going down|maintenance|administrator/i.test(
    words,
  );
}

/** How far an attempt to connect got. */
export type Phase = 'connecting' | 'identifying' | 'negotiating' | 'authenticating';

/** What is known about an attempt when it fails. */
export interface Attempt {
  readonly address: Address;
  /** What errors call the server: `web1`, or `jump host bastion`. */
  readonly place: string;
  /** Name of the target that errors belong to. */
  readonly target: string | undefined;
  readonly phase: Phase;
  /** What the server sent before it identified itself. */
  readonly greeting: string;
  /** What the server offers, by ssh2's name for the kind, such as `KEX method`. */
  readonly offers: ReadonlyMap<string, string>;
  /** Types of host keys that the server is held to. */
  readonly hostKeyTypes: readonly string[];
  /** What the server prints to whoever logs in; if it then closes, perhaps why. */
  readonly banner: string;
  /** Whether a password went out, which nothing may make go out again. */
  readonly passwordSent: boolean;
}

/** An attempt took longer than it may. */
export class TimedOut extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(seconds: number) {
    super(`no answer within ${String(seconds)} seconds (connect-timeout)`);
  }
}

/** Turns what went wrong before or during the handshake into what a user can act on. Authentication is told elsewhere. */
export function explainConnectFailure(cause: Error | undefined, attempt: Attempt): ShipperError {
  const { place, target, phase } = attempt;
  const fail = (code: ErrorCode, message: string): ShipperError => new ShipperError(code, message, { target, cause });
  const again = (code: ErrorCode, message: string): ShipperError => new NetworkFault(code, message, { target, cause });
  const fault = (message: string): ShipperError => again('CONNECT', message);

  if (cause instanceof ShipperError) return cause;
  const kind = /no matching (.+)$/i.exec(cause?.message ?? '')?.[1];
  if (kind !== undefined) return explainNothingInCommon(kind, attempt, fail);
  switch (phase) {
    case 'connecting':
      return explainNetwork(cause, attempt, fail, fault);
    case 'identifying':
      return explainSilence(cause, attempt, fail, fault);
    case 'negotiating': {
      const message = `The SSH handshake with ${place} failed: ${text(cause)}. The server's log may say more (journalctl -u ssh).`;
      return cause === undefined || isOfNetwork(cause) ? fault(message) : fail('CONNECT', message);
    }
    case 'authenticating':
      return explainUnfinishedLogin(cause, attempt, fail, attempt.passwordSent ? fail : again);
  }
}

type Fail = (code: ErrorCode, message: string) => ShipperError;
type Fault = (message: string) => ShipperError;

function explainNetwork(cause: Error | undefined, attempt: Attempt, fail: Fail, fault: Fault): ShipperError {
  const { place } = attempt;
  const { host, port } = attempt.address;
  switch (codeOf(cause)) {
    case 'ENOTFOUND':
      return fail(
        'CONNECT',
        `${place}: there is no host named ${host} in the DNS. Check its spelling, and whether the name exists outside your own network.`,
      );
    case 'EAI_AGAIN':
      return fault(`${place}: the DNS gave no answer for ${host}. Check the runner's network.`);
    case 'ECONNREFUSED':
      return fault(
        `${place} refuses connections on port ${String(port)}. Check that an SSH server runs there, on that port.`,
      );
    case 'ETIMEDOUT':
      return fault(
        `${place} did not answer on port ${String(port)} (${text(cause)}). Check the address, the port, and that the server's firewall lets the runner in.`,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return fault(
        `${place}: there is no way from the runner to ${host} (${text(cause)}). Check the address; runners of GitHub have no IPv6.`,
      );
    case undefined:
    default:
      return fault(`${place} could not be reached on port ${String(port)}: ${text(cause)}.`);
  }
}

function explainSilence(cause: Error | undefined, attempt: Attempt, fail: Fail, fault: Fault): ShipperError {
  const { place, address, greeting } = attempt;
  const said = JSON.stringify(greeting.trim().slice(0, 200));
  if (/not allowed at this time/i.test(greeting)) {
    return fail(
      'CONNECT',
      `${place} turns the runner away for a while (${said}), after failed logins from its address (PerSourcePenalties). Wait, and correct the credentials first.`,
    );
  }
  if (/maxstartups|too many|try again|busy/i.test(greeting)) {
    return fault(
      `${place} has too many logins at once (${said}). Lower \`concurrency\`, or raise MaxStartups in its sshd_config.`,
    );
  }
  if (greeting.trim() !== '') {
    return fail(
      'CONNECT',
      `${place} answers on port ${String(address.port)}, but not as an SSH server: ${said}. Check the port.`,
    );
  }
  if (cause instanceof TimedOut) {
    return fault(
      `${place} accepts connections, but says nothing (${text(cause)}). Check that an SSH server listens on port ${String(address.port)}, and that it is not overloaded.`,
    );
  }
  return fault(
    `${place} closed the connection before it identified itself. It may have too many logins at once (MaxStartups), or block the runner's address (fail2ban, hosts.deny, PerSourcePenalties).`,
  );
}

function explainUnfinishedLogin(cause: Error | undefined, attempt: Attempt, fail: Fail, again: Fail): ShipperError {
  const { place, address } = attempt;
  if (cause instanceof TimedOut) {
    return again(
      'CONNECT',
      `${place} did not finish the login of ${address.user} in time: ${text(cause)}. It may look up the runner's name (set UseDNS to no in its sshd_config), or ask a slow directory for the user: see to that, or raise \`connect-timeout\`.`,
    );
  }
  const said = attempt.banner.replace(/\p{Cc}+/gu, ' ').trim();
  if (said === '') return fail('CONNECT', `The connection to ${place} ended during authentication: ${text(cause)}.`);
  const message = `${place} ended the login of ${address.user} (${text(cause)}). It says: ${JSON.stringify(said.slice(0, 500))}`;
  // By pam_nologin, from the start of sshd until the system is up.
  return /booting up/i.test(said) ? again('AUTH', message) : fail('AUTH', message);
}

/** Faults of OpenSSL and of Node have codes too: `ERR_…`. */
function isOfNetwork(cause: Error): boolean {
  return /^E(?!RR_)/.test(codeOf(cause) ?? '');
}

function codeOf(cause: Error | undefined): string | undefined {
  return cause !== undefined && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

/** What an error says, on one line: servers choose some of the words. */
export function text(cause: Error | undefined): string {
  // With several addresses behind a name, Node reports an AggregateError without a message.
  const words = cause instanceof AggregateError ? cause.errors.map(String).join('; ') : cause?.message;
  return (words ?? 'it was closed').replace(/\p{Cc}+/gu, ' ');
}

/** Where the server did not answer, it may have let the user in, and done what came behind: that is a lost connection. */
export function unanswered(reason: ShipperError): ShipperError {
  const { message, target, cause } = reason;
  return reason.code === 'CONNECT' ? reason : new ShipperError('CONNECT', message, { target, cause });
}
