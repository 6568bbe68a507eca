import { gzipSync } from 'node:zlib';
import type { Connection } from '../ssh/connection-types.ts';

// Understood by every login shell: single quotes, no newline, no `!`, no backslash. The script and the first frame come
// as one word of gzip in base64, or as one line on stdin: at once, or when a target that lacks the tools asks for it.
const begin = `set -f;IFS="~";set -- $shipper_s;eval "$1"`;
const feedBegin = 'IFS= read -r shipper_s;shipper_s=$(printf %b "$shipper_s")';
const unpack = 'shipper_s=$(printf %s "$1"|base64 -d 2>/dev/null|gzip -dc 2>/dev/null)';

/** Targets that lack the tools to unpack. */
const lacking = new WeakSet<Connection>();

/** Remembers that a target asked to be fed, so that whatever is started there next is fed at once. */
export function mustBeFed(connection: Connection): void {
  lacking.add(connection);
}

/** Longest exec request that a server takes: dropbear drops the connection above 9,000 bytes, Linux allows 128 KiB. */
function longestRequest(identification: string): number {
  return identification.includes('OpenSSH') ? 120_000 : 8_900;
}

/** How to start one of the target's scripts with its first frame. */
export interface Start {
  /** The exec request. */
  readonly request: string;
  /** Must be sent on stdin: at once if `feedFirst`, else when the target asks for it by the line `shipper-feed`. */
  readonly feed: string;
  readonly feedFirst: boolean;
}

export function start(script: string, firstFrame: string, connection: Connection): Start {
  const text = `${script}~${firstFrame}`;
  const packed = gzipSync(text, { level: 9 }).toString('base64');
  const request = `exec sh -c '${unpack}||{ echo shipper-feed;${feedBegin};};${begin}' shipper '${packed}'`;
  const feed = `${text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n`;
  return request.length <= longestRequest(connection.identification) && !lacking.has(connection)
    ? { request, feed, feedFirst: false }
    : { request: `exec sh -c '${feedBegin};${begin}' shipper`, feed, feedFirst: true };
}
