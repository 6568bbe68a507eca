import { count, size } from '../amounts.ts';
import type { Log } from '../log.ts';
import { type FileEntry, showPath, type Tree } from './entry.ts';
import type { Shipment } from './outgoing.ts';

/** Milliseconds between two lines. */
const pace = 4_000;

/** Tells every few seconds how far an upload is, and at its end what it did. */
export class Progress {
  readonly #log: Log;
  readonly #title: string;
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  #phase = 'comparing with what the target has';
  #plan = { files: 0, bytes: 0, copied: 0, copiedBytes: 0 };
  #shipment: Pick<Shipment, 'tally'> = { tally: () => ({ files: 0, bytes: 0, wire: 0 }) };
  /** Bytes that went over the network in earlier rounds, packed. */
  #wire = 0;

  constructor(title: string, log: Log) {
    this.#log = log;
    this.#title = title;
    this.#timer = setInterval(() => this.#log.info(`${title}: ${this.#state()}`), pace);
    this.#timer.unref();
  }

  /** What a round is going to do. */
  plan(
    sent: { readonly files: number; readonly bytes: number },
    copied: { readonly files: number; readonly bytes: number },
  ): void {
    this.#plan = { ...sent, copied: copied.files, copiedBytes: copied.bytes };
    this.#phase = 'sending';
  }

  sending(shipment: Shipment): void {
    this.#wire += this.#shipment.tally().wire;
    this.#shipment = shipment;
  }

  checking(): void {
    this.#phase = 'copying and checking on the target';
  }

  /** Files that had changed on the target and are sent in a second round. */
  again(files: readonly FileEntry[]): void {
    this.#phase = 'sending again';
    const more = files.reduce((sum, file) => sum + file.size, 0);
    const { files: sent, bytes, copied, copiedBytes } = this.#plan;
    this.#plan = {
      ...{ files: sent + files.length, bytes: bytes + more },
      ...{ copied: Math.max(0, copied - files.length), copiedBytes: Math.max(0, copiedBytes - more) },
    };
    const example = showPath(files[0]?.path ?? '');
    this.#log.info(
      `${this.#title}: ${count(files.length)} had been changed on the target since they were uploaded, such as ${example}: sending them`,
    );
  }

  /** One line for all of it. */
  done(): void {
    const { files, bytes, copied, copiedBytes } = this.#plan;
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    this.#log.info(
      `${this.#title}: ${count(files + copied)} verified in ${seconds} s: ` +
        `${count(files)} sent (${size(bytes)}, packed ${size(this.#wire + this.#shipment.tally().wire)}), ${count(copied)} copied on the target (${size(copiedBytes)})`,
      'summary',
    );
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #state(): string {
    const { files, bytes, copied } = this.#plan;
    if (this.#phase !== 'sending') return this.#phase;
    const { files: sent, bytes: sentBytes, wire } = this.#shipment.tally();
    const rate = wire / ((performance.now() - this.#started) / 1000);
    return (
      `sent ${sent} of ${count(files)}, ${size(sentBytes)} of ${size(bytes)}, ` +
      `${size(rate)}/s over the network; ${count(copied)} copied on the target`
    );
  }
}

/** Tells what is closed to group or others, since it is closed on the targets too: a web server might have to read it. */
export function tellClosed({ files, directories }: Tree, title: string, log: Log): void {
  const closed = [...directories, ...files].filter((entry) => entry.closed !== 0);
  const [example] = closed;
  if (example === undefined) return;
  const what = `${closed.length.toLocaleString('en')} of its files and directories`;
  log.info(`${title}: closed to group or others, as here: ${what}, such as ${showPath(example.path)}`);
}
