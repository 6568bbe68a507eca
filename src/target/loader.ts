import { gzipSync } from 'node:zlib';
import { shipperSh } from '../generated/shipper-sh.ts';

// Understood by every login shell: single quotes, no newline, no `!`, no backslash. The script and the first frame come
// as one word of gzip in base64; where that word is empty or the target lacks the tools, as one line on stdin.
const loader =
  `exec sh -c 's=$(printf %s "$1"|base64 -d 2>/dev/null|gzip -dc 2>/dev/null)||` +
  `{ echo shipper-feed;IFS= read -r s;s=$(printf %b "$s");};set -f;IFS="~";set -- $s;eval "$1"' shipper `;

/** Longest exec request that a server takes: dropbear drops the connection above 9,000 bytes, Linux allows 128 KiB. */
function longestRequest(identification: string): number {
  return identification.includes('OpenSSH') ? 120_000 : 8_900;
}

/** How to start the target's script with its first frame. */
export interface Start {
  /** The exec request. */
  readonly request: string;
  /** Must be sent on stdin: at once if `feedFirst`, else when the target asks for it by the line `shipper-feed`. */
  readonly feed: string;
  readonly feedFirst: boolean;
}

export function start(firstFrame: string, identification: string): Start {
  const text = `${shipperSh}~${firstFrame}`;
  const request = `${loader}'${gzipSync(text, { level: 9 }).toString('base64')}'`;
  const feed = `${text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n`;
  return request.length <= longestRequest(identification)
    ? { request, feed, feedFirst: false }
    : { request: `${loader}''`, feed, feedFirst: true };
}
