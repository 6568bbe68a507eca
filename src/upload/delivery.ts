import { asShipperError, ShipperError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Connection } from '../ssh/connection-types.ts';
import { limits } from '../remote/limits.ts';
import { bestPacking, choosePacking, type Packing, unpack } from './compress.ts';
import { Conversation } from './conversation.ts';
import { compare, type Delta, everything } from './delta.ts';
import { type FileEntry, toBytes } from './entry.ts';
import type { Local } from './local.ts';
import { readPath, writePath } from './manifest.ts';
import type { Outgoing } from './outgoing.ts';
import { Progress } from './progress.ts';
import { requireRoom } from './room.ts';

/** A target, as far as an upload needs it. */
export interface Destination {
  readonly target: {
    readonly name: string;
    readonly revisions: string;
    /** They took the places of what was uploaded to earlier revisions. */
    readonly symlinks: readonly { readonly path: string }[];
  };
  readonly connection: Connection | undefined;
  /** Name of the revision that is being made there. */
  readonly revision: string | undefined;
  /** Name of the revision that is active there: each target is compared with its own. */
  readonly previous: string | undefined;
  /** Absolute path on the target of the run's own directory. */
  readonly runDirectory: string;
  /** Ends the process group of the command with that id. */
  stop(id: string): void;
  /** One more connection, for a server that refuses a second channel; the caller ends it. */
  reconnect(): Promise<Connection>;
}

export interface DeliveryOptions {
  readonly destination: Destination;
  /** What there is to upload; it is read while the target is asked what it has. */
  readonly local: Promise<Local>;
  /** Unique in the run: a single word. */
  readonly id: string;
  readonly revision: string;
  /** Name of the revision to compare with; the target knows another where it has no manifest. */
  readonly previous: string | undefined;
  /** Name of the manifest among those of the revision. */
  readonly key: string;
  readonly umask: string;
  /** What lines of the log begin with. */
  readonly title: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

type Round = 'new' | 'fresh' | 'again';
type Verdict = { readonly kind: 'done' | 'stale' } | { readonly kind: 'bad'; readonly files: readonly FileEntry[] };

/** Brings one tree into the new revision of one target. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #progress: Progress;
  #conversation: Conversation | undefined;
  #packing: Packing = 'none';

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#progress = new Progress(options.title, options.log);
  }

  /** Resolves when every file is there and was checked there. Rejects with what failed first. */
  async deliver(): Promise<void> {
    const { signal, destination, id, title, log } = this.#options;
    const cancel = () => {
      destination.stop(id);
      this.#conversation?.close();
    };
    signal.addEventListener('abort', cancel);
    try {
      let verdict = await this.#round('new');
      if (verdict.kind === 'stale') {
        log.info(`${title}: the target's manifest of an earlier revision is damaged: sending everything`);
        verdict = await this.#round('fresh');
      }
      if (verdict.kind === 'bad') {
        this.#progress.again(verdict.files);
        verdict = await this.#again(verdict.files);
      }
      if (verdict.kind !== 'done') throw this.#failure('the target could not put the manifest together');
      this.#progress.done();
    } catch (error) {
      this.#conversation?.close();
      if (signal.aborted) throw new ShipperError('CANCELLED', 'the upload was cancelled', { cause: error });
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#progress.end();
    }
  }

  /** One whole upload; by `fresh` without looking at what the target has. */
  async #round(round: Round): Promise<Verdict> {
    const conversation = await this.#start(round);
    const local = await this.#options.local;
    const { tree } = local;
    const room = await this.#expect(conversation, 'room');
    const [packed = '', length = '0'] = await this.#expect(conversation, 'index');
    const index = await conversation.block(this.#lengthOf(length, limits.index.packed));
    const delta = await this.#compare(index, packed);
    const [free = '', shares, ...tools] = room;
    const bytes = sum(tree.files);
    requireRoom({ delta, bytes, free, shares: shares === 'true', target: this.#options.destination.target.name });
    const sent = { files: delta.sent.length, bytes: delta.sentBytes };
    this.#progress.plan(sent, { files: tree.files.length - sent.files, bytes: bytes - sent.bytes });
    this.#packing = choosePacking(tools);
    return this.#send(
      conversation,
      delta.kept,
      index.length === 0 ? local.everything(this.#packing) : local.outgoing(this.#packing, delta),
    );
  }

  /** What was wrong on the target after the first round. */
  async #again(files: readonly FileEntry[]): Promise<Verdict> {
    const conversation = await this.#start('again');
    await this.#expect(conversation, 'ready');
    const local = await this.#options.local;
    return this.#send(conversation, [], local.outgoing(this.#packing, everything(files)));
  }

  async #compare(index: Buffer, packed: string): Promise<Delta> {
    const local = await this.#options.local;
    if (index.length === 0) return everything(local.tree.files);
    const lines = await unpack(packed, index, limits.index.unpacked).catch((cause: unknown) => {
      throw this.#failure(asShipperError(cause).message);
    });
    await local.hashed();
    const links = this.#options.destination.target.symlinks.map(({ path }) => writePath(toBytes(path)));
    return compare(local.tree, lines, (path) => links.some((link) => path === link || path.startsWith(`${link}/`)));
  }

  async #send(conversation: Conversation, kept: readonly number[], outgoing: Outgoing): Promise<Verdict> {
    this.#progress.sending(outgoing);
    conversation.stdin.write(`${[this.#packing, ...kept].join(' ')}\n`);
    try {
      await outgoing.into(conversation.stdin, this.#options.signal);
    } catch (error) {
      if (error instanceof ShipperError && error.code === 'UPLOAD') throw error;
      throw (await conversation.lastWord()) ?? error;
    }
    this.#progress.checking();
    return this.#verdict(conversation);
  }

  async #verdict(conversation: Conversation): Promise<Verdict> {
    const { kind, values } = await conversation.fact();
    if (kind === 'done') {
      await conversation.ended(); // A listener after this one may need its channel.
      return { kind };
    }
    if (kind !== 'bad' && kind !== 'stale') throw this.#failure(`the target said ${kind}`);
    const list = (await conversation.block(this.#lengthOf(values[0] ?? '0', limits.index.packed))).toString('latin1');
    await conversation.ended(); // Before the next one takes its place.
    if (kind === 'stale') return { kind };
    const paths = new Set(list.split('\n').map(readPath));
    const { tree } = await this.#options.local;
    return { kind, files: tree.files.filter(({ path }) => paths.has(path)) };
  }

  async #expect(conversation: Conversation, kind: string): Promise<readonly string[]> {
    const fact = await conversation.fact();
    if (fact.kind === kind) return fact.values;
    throw this.#failure(`the target said ${fact.kind} instead of ${kind}`);
  }

  async #start(round: Round): Promise<Conversation> {
    const { destination, id, revision, previous = '', umask, key, signal } = this.#options;
    const { target, runDirectory } = destination;
    const values = { run: runDirectory, id, revisions: target.revisions, revision, previous, umask, key, round };
    const words = ['upload', ...Object.entries(values).flat(), 'reads', bestPacking];
    const { connection } = destination;
    if (connection === undefined) throw this.#failure('there is no connection to it');
    const access = { connection, reconnect: async () => destination.reconnect() };
    this.#conversation = await Conversation.start(access, target.name, words, signal);
    return this.#conversation;
  }

  /** A length that the target announces. */
  #lengthOf(said: string, most: number): number {
    if (/^\d{1,15}$/.test(said) && Number(said) <= most) return Number(said);
    throw this.#failure(`the target announces ${said.slice(0, 40)} bytes, where ${most} are the most`);
  }

  #failure(what: string): ShipperError {
    const { name } = this.#options.destination.target;
    return new ShipperError('UPLOAD', `${name}: ${what}`, { target: name });
  }
}

function sum(files: readonly FileEntry[]): number {
  return files.reduce((bytes, { size }) => bytes + size, 0);
}
