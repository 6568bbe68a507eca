import { asShipperError, ShipperError } from '../errors.ts';
import { limits } from '../remote/limits.ts';
import { bestPacking, choosePacking, type Packing, unpack } from './compress.ts';
import { Conversation } from './conversation.ts';
import { compare, type Delta, everything } from './delta.ts';
import type { DeliveryOptions } from './destination.ts';
import type { FileEntry } from './entry.ts';
import { readAnswer } from './index-of-target.ts';
import { readPath, replacedBy } from './manifest.ts';
import type { Shipment } from './outgoing.ts';
import { Progress } from './progress.ts';
import { nothingKnown, Question } from './question.ts';
import { requireRoom } from './room.ts';

type Round = 'new' | 'fresh' | 'again';
type Verdict = { readonly kind: 'done' | 'stale' } | { readonly kind: 'bad'; readonly files: readonly FileEntry[] };

/** Brings one tree into the new revision of one target. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #progress: Progress;
  #conversation: Conversation | undefined;
  #packing: Packing = 'none';

  /** Whether one of the target's symlinks has taken the place of that path, as the manifest has it. */
  readonly #isReplaced: (path: string) => boolean;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#isReplaced = replacedBy(options.destination.target.symlinks);
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
    const asked = this.#ask(conversation, round);
    asked.catch(() => undefined); // It is awaited before its answer is.
    const [free = '', shares, ...tools] = await conversation.expect('room');
    const local = await this.#options.local;
    const question = await asked;
    const [packed = '', length = '0'] = await conversation.expect('index');
    const index = await conversation.block(length, limits.index.packed);
    const delta = await this.#compare(conversation, question, index, packed);
    const { files } = local.tree;
    const bytes = sum(files);
    requireRoom({ delta, bytes, free, shares: shares === 'true', target: this.#options.destination.target.name });
    const sent = { files: delta.sent.length, bytes: delta.sentBytes };
    this.#progress.plan(sent, { files: files.length - sent.files, bytes: bytes - sent.bytes });
    this.#packing = choosePacking(tools);
    const all = index.length === 0;
    return this.#send(
      conversation,
      delta.kept,
      all ? local.everything(this.#packing) : local.outgoing(this.#packing, delta),
    );
  }

  /** What was wrong on the target after the first round. */
  async #again(files: readonly FileEntry[]): Promise<Verdict> {
    const conversation = await this.#start('again');
    await conversation.expect('ready');
    const local = await this.#options.local;
    return this.#send(conversation, [], local.outgoing(this.#packing, everything(files)));
  }

  /** Asks the target what it has, where it is likely to have something. It waits for that line in any case. */
  async #ask({ stdin }: Conversation, round: Round): Promise<Question | undefined> {
    const { local, previous } = this.#options;
    const outline = round === 'new' && previous !== undefined ? await (await local).outline() : undefined;
    const question = outline && new Question(outline, this.#isReplaced);
    stdin.write(`${question?.line ?? '-'}\n`);
    return question;
  }

  async #compare(
    conversation: Conversation,
    question: Question | undefined,
    index: Buffer,
    packed: string,
  ): Promise<Delta> {
    const local = await this.#options.local;
    const { files } = local.tree;
    if (index.length === 0) return everything(files);
    const lines = await unpack(packed, index, limits.index.unpacked).catch((cause: unknown) => {
      throw conversation.failure(asShipperError(cause).message);
    });
    if (lines === undefined) {
      const { title, log } = this.#options;
      log.info(`${title}: the list of what is there is too long to be compared: sending everything`);
      return everything(files);
    }
    await local.hashed();
    const { answer, list } = readAnswer(lines);
    const known = question === undefined ? nothingKnown : question.read(answer);
    return known === undefined ? everything(files) : compare(local.tree, list, this.#isReplaced, known);
  }

  async #send(conversation: Conversation, kept: readonly number[], outgoing: Shipment): Promise<Verdict> {
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
    if (kind !== 'bad' && kind !== 'stale') throw conversation.failure(`the target said ${kind}`);
    const list = (await conversation.block(values[0] ?? '0', limits.index.packed)).toString('latin1');
    await conversation.ended(); // Before the next one takes its place.
    if (kind === 'stale') return { kind };
    const paths = new Set(list.split('\n').map(readPath));
    const { tree } = await this.#options.local;
    return { kind, files: tree.files.filter(({ path }) => paths.has(path)) };
  }

  async #start(round: Round): Promise<Conversation> {
    const { destination, id, revision, previous = '', umask, key, signal } = this.#options;
    const { target, runDirectory, connection } = destination;
    const values = { run: runDirectory, id, revisions: target.revisions, revision, previous, umask, key, round };
    const words = ['upload', ...Object.entries(values).flat(), 'reads', bestPacking];
    if (connection === undefined) throw this.#failure('there is no connection to it');
    const access = { connection, reconnect: async () => destination.reconnect() };
    this.#conversation = await Conversation.start(access, target.name, words, signal);
    return this.#conversation;
  }

  #failure(what: string): ShipperError {
    const { name } = this.#options.destination.target;
    return new ShipperError('UPLOAD', `${name}: ${what}`, { target: name });
  }
}

function sum(files: readonly FileEntry[]): number {
  return files.reduce((bytes, { size }) => bytes + size, 0);
}
