import { setFlagsFromString } from 'node:v8';
import { bestPacking, type Packing } from './compress.ts';
import { hashFiles } from './content.ts';
import { everything } from './delta.ts';
import type { Tree } from './entry.ts';
import { Outgoing } from './outgoing.ts';
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

/** What there is to upload on the runner: read once, for however many targets. */
export class Local {
  readonly tree: Tree;
  readonly #umask: string;
  readonly #signal: AbortSignal;
  readonly #stop = new AbortController();
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

  /** Packs everything ahead, for a target that turns out to have nothing of it. */
  packAhead(): this {
    this.#ahead ??= this.outgoing(bestPacking);
    return this;
  }

  /** Goes on as it is likely to be of use: a target that has an active revision has most of the files. */
  for(previous: string | undefined): this {
    if (previous === undefined) return this.packAhead();
    this.outline().catch(() => undefined); // Each delivery awaits it.
    return this;
  }

  /** Everything, on its way to one target. */
  everything(packing: Packing): Outgoing {
    const outgoing = this.#ahead;
    if (outgoing?.packing !== packing) return this.outgoing(packing);
    this.#ahead = undefined;
    return outgoing;
  }

  outgoing(packing: Packing, delta = everything(this.tree.files)): Outgoing {
    const bytes = delta.sentBytes + delta.sent.length * block;
    return new Outgoing({
      tree: this.tree,
      delta,
      umask: this.#umask,
      packing,
      bytes,
      manifest: async () => this.#hash(),
    });
  }

  /** Resolves when every file has its hash. From then on nothing is packed ahead. */
  async hashed(): Promise<void> {
    this.#ahead?.drop();
    this.#ahead = undefined;
    return (this.#hashed ??= hashFiles(this.tree, this.#signal));
  }

  /** What all files are, in few words. */
  async outline(): Promise<Outline> {
    return (this.#outline ??= this.hashed().then(async () => outlineOf(this.tree)));
  }

  /** Stops reading for whoever might have come. */
  end(): void {
    this.#ahead?.drop();
    this.#stop.abort();
  }

  /** The hash of the manifest, once every file has its own. */
  async #hash(): Promise<string> {
    return (this.#manifest ??= this.#outline?.then(({ hash }) => hash) ?? manifestHash(this.tree));
  }
}
