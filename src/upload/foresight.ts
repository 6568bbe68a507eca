import { asShipperError } from '../errors.ts';
import type { Connection } from '../ssh/connection-types.ts';
import { sha256 } from './content.ts';
import { showPath } from './entry.ts';
import { Local } from './local.ts';
import { keyOf, kindOf, readPath, replacedBy, writePath } from './manifest.ts';
import { filesOf, shown, shownDigits, type Shown, type ShownFile } from './shown.ts';

/** Files of one kind of change. */
export interface Files {
  readonly files: number;
  readonly bytes: number;
  /** Each of them, by path, with its bytes; as people read it. */
  readonly each: readonly { readonly path: string; readonly bytes: number }[];
}

/** What all uploads together would change, seen from what the active revision was uploaded with. */
export interface UploadChanges {
  /** Whether it is known what the active revision was uploaded with; without it, everything is added. */
  readonly compared: boolean;
  readonly added: Files;
  readonly changed: Files;
  readonly removed: Files;
  readonly same: { readonly files: number; readonly bytes: number };
  /** How many uploaded files are at or below the path of a link of the config, which takes their place. */
  readonly replaced: number;
}

export interface ForesightRequest {
  readonly uploads: readonly { readonly from: string; readonly to: string; readonly exclude: readonly string[] }[];
  /** Whether nothing else uploads: then what no upload brings any more is removed. */
  readonly whole: boolean;
  /** Absolute path on the runner. */
  readonly workspace: string;
  readonly umask: string;
  readonly signal: AbortSignal;
}

type Symlinks = readonly { readonly path: string }[];

/** A target, as far as it is asked. */
export interface Foreseeable {
  readonly target: {
    readonly name: string;
    readonly revisions: string;
    readonly symlinks: Symlinks;
  };
  readonly connection: Connection | undefined;
  /** Name of the active revision. */
  readonly previous: string | undefined;
  reconnect(): Promise<Connection>;
}

/** What uploads would change on targets, before anything is uploaded. */
export class Foresight {
  /** Why an upload could not be read here; one sentence each. */
  readonly problems: readonly string[];
  readonly #request: ForesightRequest;
  /** Every file that comes, by its path as manifests write it; of two uploads to one path the later one counts. */
  readonly #coming: ReadonlyMap<string, ShownFile>;
  readonly #keys: ReadonlySet<string>;
  readonly #known = new Map<string, Promise<UploadChanges>>();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    request: ForesightRequest,
    coming: ReadonlyMap<string, ShownFile>,
    keys: ReadonlySet<string>,
    problems: readonly string[],
  ) {
    this.#request = request;
    this.#coming = coming;
    this.#keys = keys;
    this.problems = problems;
  }

  /** Reads and hashes what there is to upload. What cannot be read becomes a problem, and the rest goes on. */
  static async read(request: ForesightRequest): Promise<Foresight> {
    const coming = new Map<string, ShownFile>();
    const keys = new Set<string>();
    const problems: string[] = [];
    for (const upload of request.uploads) {
      try {
        const { tree } = await readWhole(await Local.read({ ...request, ...upload }));
        for (const file of tree.files) {
          const content = tree.hashes.get(file, shownDigits);
          coming.set(writePath(file.path), { content, kind: kindOf(file), bytes: file.size });
        }
        keys.add(keyOf(upload.from, upload.to));
      } catch (error) {
        problems.push(asShipperError(error).message);
      }
    }
    return new Foresight(request, coming, keys, problems);
  }

  /** What would change on a target. Rejects where it cannot be asked. */
  async on(place: Foreseeable): Promise<UploadChanges> {
    const { target, connection, previous } = place;
    const { signal } = this.#request;
    if (connection === undefined || previous === undefined) return this.#compared([], target.symlinks);
    const access = { connection, reconnect: async () => place.reconnect() };
    return this.#compared(await shown({ access, target, revision: previous, signal }), target.symlinks);
  }

  /** Targets that have the same are compared once, and one after another: each comparison takes memory. */
  async #compared(manifests: readonly Shown[], symlinks: Symlinks): Promise<UploadChanges> {
    const whole = this.#request.whole && this.problems.length === 0;
    const own = manifests.filter(({ key }) => whole || this.#keys.has(key));
    const mark = sha256(
      JSON.stringify([
        symlinks.map(({ path }) => path),
        own.map(({ key, packed }) => [key, packed.toString('base64')]),
      ]),
    );
    const known = this.#known.get(mark);
    if (known !== undefined) return known;
    const compared = this.#last.then(async () =>
      changes(this.#coming, await filesOf(own), own.length > 0, replacedBy(symlinks)),
    );
    this.#known.set(mark, compared);
    this.#last = compared.catch(() => undefined);
    return compared;
  }
}

async function readWhole(local: Local): Promise<Local> {
  await local.hashed();
  return local;
}

type FileMap = ReadonlyMap<string, ShownFile>;

function changes(
  coming: FileMap,
  there: FileMap,
  compared: boolean,
  isLinked: (path: string) => boolean,
): UploadChanges {
  const gathered = { added: list(), changed: list(), removed: list() };
  const same = { files: 0, bytes: 0 };
  let replaced = 0;
  for (const [path, file] of coming) {
    const old = there.get(path);
    if (isLinked(path)) replaced += 1;
    else if (old === undefined) gathered.added.add(path, file);
    else if (old.content !== file.content || old.kind !== file.kind) gathered.changed.add(path, file);
    else {
      same.files += 1;
      same.bytes += file.bytes;
    }
  }
  for (const [path, file] of there) {
    if (!coming.has(path) && !isLinked(path)) gathered.removed.add(path, file);
  }
  const { added, changed, removed } = gathered;
  return { compared, added: added.end(), changed: changed.end(), removed: removed.end(), same, replaced };
}

function list(): { add: (path: string, file: ShownFile) => void; end: () => Files } {
  const found: { path: string; bytes: number }[] = [];
  return {
    add: (path, { bytes }) => void found.push({ path: showPath(readPath(path)), bytes }),
    end: () => ({
      files: found.length,
      bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
      each: found.sort((one, other) => (one.path < other.path ? -1 : 1)),
    }),
  };
}
