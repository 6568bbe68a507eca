import { ShipperError } from '../errors.ts';

const length = 32;

/** A file of the tree. */
interface Numbered {
  /** Its place there, from 0. */
  readonly number: number;
  readonly path: string;
}

/** The SHA-256 of each file of a tree, as far as it is known: in one piece, since there may be hundreds of thousands. */
export class Hashes {
  readonly #bytes: Buffer;
  readonly #known: Uint8Array;

  /** @param files how many there are. */
  constructor(files: number) {
    this.#bytes = Buffer.allocUnsafeSlow(files * length);
    this.#known = new Uint8Array(files);
  }

  has({ number }: Numbered): boolean {
    return this.#known[number] === 1;
  }

  /** @param sha256 hexadecimal. */
  set({ number }: Numbered, sha256: string): void {
    this.#bytes.write(sha256, number * length, 'hex');
    this.#known[number] = 1;
  }

  /** Hexadecimal; of `digits`, or all of them. */
  get(file: Numbered, digits = 2 * length): string {
    if (!this.has(file)) throw new ShipperError('INTERNAL', `${file.path} has no hash yet`);
    const start = file.number * length;
    return this.#bytes.toString('hex', start, start + digits / 2);
  }
}
