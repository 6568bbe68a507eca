import type { Connection } from '../ssh/connection-types.ts';
import { packed } from './packed.ts';

// Understood by every login shell: single quotes, no newline, no `!`, no backslash. The script and the first frame come
// as one word of gzip in base64, in the request or as one line on stdin, where a target that lacks the tools to unpack it
// asks for them in plain.
const begin = `set -f;IFS="~";set -- $shipper_s;eval "$1"`;
const feedBegin = 'IFS= read -r shipper_s;shipper_s=$(printf %b "$shipper_s")';
const unpack = 'shipper_s=$(printf %s "$1"|base64 -d 2>/dev/null|gzip -dc 2>/dev/null)';

/** What was learnt of a target, for whatever is started there next. */
interface Manners {
  /** It lacks the tools to unpack. */
  readonly isFed: boolean;
  /** Its login shell is restricted, and forbids `exec`. */
  readonly isPlain: boolean;
}

const learnt = new WeakMap<Connection, Manners>();

export function mannersOf(connection: Connection): Manners {
  return learnt.get(connection) ?? { isFed: false, isPlain: false };
}

/** Remembers this of the target of a connection, so that whatever is started there next is started so at once. */
export function learn(connection: Connection, manners: Partial<Manners>): void {
  learnt.set(connection, { ...mannersOf(connection), ...manners });
}

/** Longest exec request that a server takes: dropbear drops the connection above 9,000 bytes, Linux allows 128 KiB. */
function longestRequest(identification: string): number {
  return identification.includes('OpenSSH') ? 120_000 : 8_900;
}

/** How to start one of the target's scripts with its first frame. */
export interface Start {
  /** The exec request. */
  readonly request: string;
  /** What has to follow on stdin at once. */
  readonly input: string | undefined;
  /** What must be sent on stdin when the target asks for it by the line `shipper-feed`. */
  readonly feed: () => string;
}

export function start(script: string, firstFrame: string, connection: Connection): Start {
  const feed = (): string => `${`${script}~${firstFrame}`.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n`;
  const { isFed, isPlain } = mannersOf(connection);
  const run = isPlain ? 'sh -c' : 'exec sh -c'; // Each process that is not there is one less to be ended.
  if (isFed) return { request: `${run} '${feedBegin};${begin}' shipper`, input: feed(), feed };
  const word = packed(script, `~${firstFrame}`);
  const unpacked = `${unpack}||{ echo shipper-feed;${feedBegin};};${begin}`;
  const request = `${run} '${unpacked}' shipper '${word}'`;
  return request.length <= longestRequest(connection.identification)
    ? { request, input: undefined, feed }
    : {
        request: `${run} 'IFS= read -r shipper_s;set -- "$shipper_s";${unpacked}' shipper`,
        input: `${word}\n`,
        feed,
      };
}
