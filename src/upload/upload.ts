import { asShipperError, ShipperError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Delivery } from './delivery.ts';
import type { Destination } from './destination.ts';
import { Local, type LocalRequest } from './local.ts';
import { keyOf } from './manifest.ts';
import { tellClosed } from './progress.ts';

export interface UploadOptions extends LocalRequest {
  readonly destinations: readonly Destination[];
  /** What the request asks for, where it was read ahead. */
  readonly local?: Promise<Local> | undefined;
  /** Name of the revision that is being made, for targets that have not told theirs. */
  readonly revision: string;
  readonly log: Log;
}

let uploads = 0;

/**
 * Puts a file or directory of the workspace into the new revision of every target at once. When it resolves, each file
 * there has the SHA-256 that it has here. Rejects with the first failure after all have ended; others are warnings.
 */
export async function upload(options: UploadOptions): Promise<void> {
  const { destinations, from, to, log, revision } = options;
  const previous = destinations.find((destination) => destination.previous !== undefined)?.previous;
  const id = `upload-${(uploads += 1)}`;
  const key = keyOf(from, to);
  const local = (options.local ?? Local.read(options)).then((read) => read.for(previous));
  local.then(({ tree }) => tellClosed(tree, `upload of ${from}`, log)).catch(() => undefined); // Each delivery awaits it.
  const ended = await Promise.allSettled(
    destinations.map(async (destination) => {
      const name = destinations.length > 1 ? `${destination.target.name}: ` : '';
      return new Delivery({
        ...options,
        destination,
        revision: destination.revision ?? revision,
        previous: destination.previous,
        local,
        id,
        key,
        title: `${name}upload of ${from}`,
      }).deliver();
    }),
  );
  void local.then(
    (read) => read.end(),
    () => undefined,
  );
  const [first, ...others] = ended.flatMap((each) => (each.status === 'rejected' ? [failure(each.reason)] : []));
  for (const other of others) log.warning(other.message);
  if (first !== undefined) throw first;
}

/** What the operating system refused, of a file or a channel, is no fault of Shipper's. */
function failure(reason: unknown): ShipperError {
  if (reason instanceof Error && 'syscall' in reason) {
    return new ShipperError('UPLOAD', `the upload failed: ${reason.message}`, { cause: reason });
  }
  return asShipperError(reason);
}
