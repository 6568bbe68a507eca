import { asShipperError, ShipperError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Hashing, sha256 } from './content.ts';
import { Delivery, type Destination, type Local } from './delivery.ts';
import { findSource, type Source } from './source.ts';
import { walk } from './walk.ts';

export interface UploadOptions {
  readonly destinations: readonly Destination[];
  /** Absolute path on the runner. */
  readonly workspace: string;
  /** A file or directory, from the workspace. */
  readonly from: string;
  /** A directory, from the revision. */
  readonly to: string;
  /** Patterns as in a `.gitignore`, from the uploaded directory. */
  readonly exclude: readonly string[];
  /** Name of the revision that is being made. */
  readonly revision: string;
  /** Name of the revision that is active. */
  readonly previous: string | undefined;
  /** Octal digits. */
  readonly umask: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

let uploads = 0;

/**
 * Puts a file or directory of the workspace into the new revision of every target at once. When it resolves, each file
 * there has the SHA-256 that it has here. Rejects with the first failure after all have ended; others are warnings.
 */
export async function upload(options: UploadOptions): Promise<void> {
  const { destinations, workspace, from, to, log, signal } = options;
  const id = `upload-${(uploads += 1)}`;
  const source = await findSource(workspace, from, to);
  const key = sha256(`${from}\n${to}`).slice(0, 16);
  const stop = new AbortController();
  const local = readLocal(options, source, AbortSignal.any([signal, stop.signal]));
  local.catch(() => undefined); // Each delivery awaits it.
  const ended = await Promise.allSettled(
    destinations.map(async (destination) => {
      const name = destinations.length > 1 ? `${destination.target.name}: ` : '';
      return new Delivery({
        ...options,
        destination,
        local,
        id,
        key,
        title: `${name}upload of ${from}`,
      }).deliver();
    }),
  );
  stop.abort();
  const [first, ...others] = ended.flatMap((each) => (each.status === 'rejected' ? [failure(each.reason)] : []));
  for (const other of others) log.warning(other.message);
  if (first !== undefined) throw first;
}

async function readLocal(options: UploadOptions, source: Source, signal: AbortSignal): Promise<Local> {
  const tree = await walk(source, options.exclude, signal);
  return { tree, hashing: new Hashing(tree, options.destinations.length, signal) };
}

/** What the operating system refused, of a file or a channel, is no fault of Shipper's. */
function failure(reason: unknown): ShipperError {
  if (reason instanceof Error && 'syscall' in reason) {
    return new ShipperError('UPLOAD', `the upload failed: ${reason.message}`, { cause: reason });
  }
  return asShipperError(reason);
}
