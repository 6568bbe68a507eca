import { ShipperError } from '../errors.ts';
import { NetworkFault, text } from './failure.ts';

/** Where a channel was asked for. */
interface Asked {
  /** What errors call the server. */
  readonly place: string;
  /** Name of the target that errors belong to. */
  readonly target: string | undefined;
}

/** The server refuses a channel or the program on it, while the connection itself is fine. */
class ChannelRefused extends ShipperError {}

/** Whether an error of `exec` means that the server allows no (or no second) program, and not that it is gone. */
export function isChannelRefused(error: unknown): boolean {
  return error instanceof ChannelRefused;
}

/** A server starts no program. */
export function programRefused(error: Error, { place, target }: Asked): ShipperError {
  const message = `${place} is connected, but its SSH server refuses to start a program (${text(error)}): it allows no more sessions (MaxSessions), or none at all.`;
  return new ChannelRefused('TARGET', message, { target, cause: error });
}

/** A server leads nowhere, or not to this address, `host:port`. */
export function forwardRefused(error: Error, to: string, { place, target }: Asked): ShipperError {
  const facts = { target, cause: error };
  if (!('reason' in error) || error.reason !== 2) {
    const message = `${place} does not forward connections (${text(error)}). Set AllowTcpForwarding there, and no “restrict” on the key without “port-forwarding”.`;
    return new ShipperError('CONNECT', message, facts);
  }
  const message = `${place} cannot reach ${to}: ${text(error).replace(/^\(SSH\) Channel open failure: /, '')}.`;
  return /name or service|unknown host/i.test(message)
    ? new ShipperError('CONNECT', message, facts)
    : new NetworkFault('CONNECT', message, facts);
}
