import type { Face } from './action/face.ts';
import { failureSummaryOf } from './deploy/summary.ts';
import { asShipperError, ShipperError } from './errors.ts';

/** Milliseconds that a run may still take to put things back after a fault of Shipper itself. */
const faultMilliseconds = 60_000;

/**
 * The one end of a run: an exit status, and for a failure its annotation and a summary, whatever happens. The process
 * counts as failed until `succeed`; a fault that nobody catches, and a wait for something that cannot come any more, make
 * the run go back as any other failure does.
 */
export class Ending {
  readonly #face: Face;
  readonly #cancel: AbortController;
  #isTold = false;

  constructor(face: Face, cancel: AbortController) {
    this.#face = face;
    this.#cancel = cancel;
    process.exitCode = 1;
    process.on('uncaughtException', (error) => this.#fault(error));
    process.on('unhandledRejection', (reason) => this.#fault(reason));
    process.on('beforeExit', () => this.#starve());
    process.on('exit', () => this.fail(new ShipperError('INTERNAL', 'Shipper was stopped before its end.')));
  }

  succeed(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    process.exitCode = 0;
  }

  /** `isSummed`: the summary says so already. */
  fail(error: unknown, isSummed = false): void {
    if (this.#isTold) return;
    this.#isTold = true;
    process.exitCode = 1;
    this.#face.log.fail(error);
    if (!isSummed) this.#face.addSummary(failureSummaryOf(asShipperError(error)));
    this.#face.log.close();
  }

  /** The process ends by itself; should anything hold it, it is ended once its output has been read. */
  leave(): void {
    this.#face.log.close();
    setTimeout(() => (process.stdout.writableLength > 0 ? this.leave() : process.exit()), 2_000).unref();
  }

  #fault(error: unknown): void {
    const fault = asShipperError(error);
    if (this.#isTold || this.#cancel.signal.aborted) {
      this.#face.log.debug(`after the end of the run: ${fault.message}`);
      return;
    }
    this.#cancel.abort(fault);
    setTimeout(() => {
      this.fail(fault);
      process.exit();
    }, faultMilliseconds).unref();
  }

  /** Nothing is left that could go on: the run would end in the middle, without a word. */
  #starve(): void {
    if (this.#isTold) return;
    const fault = new ShipperError('INTERNAL', 'a fault of Shipper itself: it waits for what cannot come any more');
    if (this.#cancel.signal.aborted) this.fail(fault);
    else this.#cancel.abort(fault);
  }
}
