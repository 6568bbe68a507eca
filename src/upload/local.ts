import { setFlagsFromString } from 'node:v8';
import { bestPacking, type Packing } from './compress.ts';
import { hashFiles } from './content.ts';
import { type Delta, everything, nameOf } from './delta.ts';
import type { Tree } from './entry.ts';
import { Outgoing, type Shipment } from './outgoing.ts';
import { findSource } from './source.ts';
import { manifestHash } from './manifest.ts';
import { type Outline, outlineOf } from './outline.ts';
import { block } from './tar.ts';
import { walk } from './walk.ts';

export interface LocalRequest {
  /** Absolute path on the runner. */
  readonly workspace: string;
  /** A file or directory, from the workspace. */
  readonly from: string;
  /** A directory, from the revision. */
  readonly to: string;
  /** Patterns as in a `.gitignore`, from the uploaded directory. */
  readonly exclude: readonly string[];
  /** Octal digits. */
  readonly umask: string;
  readonly signal: AbortSignal;
}

/** Packed bytes that may wait in memory until all targets take them. */
const room = 32 * 1024 * 1024;

/** What there is to upload on the runner: read once, for however many targets. */
export class Local {
  readonly tree: Tree;
  readonly #umask: string;
  readonly #signal: AbortSignal;
  readonly #stop = new AbortController();
  /** What goes to targets, by how it is packed and what it is. */
  readonly #outgoing = new Map<string, Outgoing>();
  #ahead: Outgoing | undefined;
  #hashed: Promise<void> | undefined;
  #outline: Promise<Outline> | undefined;
  #manifest: Promise<string> | undefined;

  private constructor(tree: Tree, { umask, signal }: LocalRequest) {
    this.tree = tree;
    this.#umask = umask;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  /** Reads names and sizes. Rejects with UPLOAD for what cannot be uploaded. */
  static async read(request: LocalRequest): Promise<Local> {
    // V8's young generation grows with time to 130 MB, mostly garbage. At its size by now it takes next to no more time.
    setFlagsFromString('--semi-space-growth-factor=1');
    const { workspace, from, to, exclude, signal } = request;
    return new Local(await walk(await findSource(workspace, from, to), exclude, signal), request);
  }

  /** Packs everything ahead, for targets that turn out to have nothing of it. */
  packAhead(): this {
    this.#ahead ??= this.#pack(bestPacking, everything(this.tree.files));
    return this;
  }

  /** Goes on as it is likely to be of use: a target that has an active revision has most of the files. */
  for(previous: string | undefined): this {
    if (previous === undefined) return this.packAhead();
    this.outline().catch(() => undefined); // Each delivery awaits it.
    return this;
  }

  /** Everything, on its way to one target. */
  everything(packing: Packing): Shipment {
    return this.outgoing(packing, everything(this.tree.files));
  }

  /** What one target lacks, on its way there; it is packed once for all that lack the same. */
  outgoing(packing: Packing, delta: Delta): Shipment {
    const known = this.#outgoing.get(`${packing} ${nameOf(delta)}`);
    return (known?.isWhole === true ? known : this.#pack(packing, delta)).ship();
  }

  /** Resolves when every file has its hash. From then on nothing is packed ahead. */
  async hashed(): Promise<void> {
    if (this.#ahead?.isTaken === false) this.#ahead.drop();
    return (this.#hashed ??= hashFiles(this.tree, this.#signal));
  }

  /** What all files are, in few words. */
  async outline(): Promise<Outline> {
    return (this.#outline ??= this.hashed().then(async () => outlineOf(this.tree)));
  }

  /** Stops reading for whoever might have come. */
  end(): void {
    for (const outgoing of this.#outgoing.values()) outgoing.drop();
    this.#stop.abort();
  }

  /** The hash of the manifest, once every file has its own. */
  async #hash(): Promise<string> {
    return (this.#manifest ??= this.#outline?.then(({ hash }) => hash) ?? manifestHash(this.tree));
  }

  #pack(packing: Packing, delta: Delta): Outgoing {
    const { tree } = this;
    const bytes = delta.sentBytes + delta.sent.length * block;
    const manifest = async (): Promise<string> => this.#hash();
    const outgoing = new Outgoing({ tree, delta, umask: this.#umask, packing, bytes, room, manifest });
    this.#outgoing.set(`${packing} ${nameOf(delta)}`, outgoing);
    return outgoing;
  }
}
