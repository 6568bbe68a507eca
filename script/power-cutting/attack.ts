import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionRun, StartedAction } from '../../__tests__/rig/action.ts';
import { run } from '../../__tests__/rig/program.ts';
import type { Random } from '../fuzzing/inputs.ts';
import { type Fate, fates, replay } from './disk.ts';
import { look, type Site, type Way } from './look.ts';
import { boot, type Machine, type Start } from './machine.ts';
import { assertAfterCut, assertAtRest, completed, type Known } from './promises.ts';
import { byHand, foreignFiles, kept, type Pages, prepareDisk } from './site.ts';

/** What came of the cuts on one file system. */
export interface Figures {
  cuts: number;
  /** Cuts after which the active symlink led to the revision of the run that was cut. */
  switched: number;
  /** Cuts of a run that had reported success. */
  reported: number;
  /** Cuts while a run settled what an earlier cut had left. */
  again: number;
  /** Writes that a disk had confirmed and not flushed when its power went. */
  unflushed: number;
  broken: number;
}

export interface Stand {
  readonly start: Start;
  /** The disk as a cut leaves it; the machine works on a copy. */
  readonly image: string;
  readonly pages: Pages;
  readonly way: Way;
  readonly random: Random;
  readonly figures: Figures;
  readonly tell: (text: string) => void;
}

interface Act {
  readonly command: 'deploy' | 'rollback' | 'prepare' | 'activate';
  readonly revision: string;
}

/** One machine, cut again and again until `over` says so. Throws at the first broken promise. */
export class Attack {
  readonly #stand: Stand;
  readonly #known: Known;
  #machine: Machine | undefined;
  #number = 0;
  /** What a run takes that is left alone, in milliseconds. */
  readonly #typical = new Map<string, number>();

  constructor(stand: Stand) {
    this.#stand = stand;
    this.#known = { whole: stand.pages.whole, foreign: foreignFiles, byHand };
  }

  async go(over: () => boolean): Promise<void> {
    await this.#boot();
    await prepareDisk(this.#stand.way);
    await this.#succeed(this.#newest('deploy'), '');
    while (!over()) await this.#round();
    await this.#machine?.cut();
  }

  /** Some cuts, and then the run that has to set everything right without anyone's help. */
  async #round(): Promise<void> {
    const { random, figures } = this.#stand;
    let site = await look(this.#stand.way);
    const before = completed(site).length;
    const possible = new Set([site.active]);
    for (let again = false; !again || random(2) === 0; again = true) {
      site = await this.#cut(this.#act(site), possible);
      if (again) figures.again += 1;
    }
    const rested = await this.#succeed(this.#newest(random(4) === 0 ? 'rollback' : 'deploy', site), site.active);
    assert.ok(completed(rested).length >= Math.min(before, kept + 1), 'no dead run cost a backup');
  }

  #act(site: Site): Act {
    const kind = this.#stand.random(10);
    const waiting = [...site.states].find(([name, state]) => state === 'prepared' && site.revisions.has(name));
    if (waiting !== undefined && kind < 4) return { command: 'activate', revision: waiting[0] };
    if (kind < 6) return this.#newest('deploy');
    return this.#newest(kind < 8 ? 'rollback' : 'prepare', site);
  }

  #newest(command: Act['command'], site?: Site): Act {
    const others = site === undefined ? [] : completed(site).filter((name) => name !== site.active);
    const [other] = others.slice(-1 - this.#stand.random(others.length));
    if (command === 'rollback' && other !== undefined) return { command, revision: other };
    this.#number += 1;
    return { command: command === 'prepare' ? command : 'deploy', revision: `v${this.#number}` };
  }

  /** A run that is cut at some moment, and the boot after it. Adds to `possible` what may be active from now on. */
  async #cut(act: Act, possible: Set<string>): Promise<Site> {
    const { random, figures, tell } = this.#stand;
    const fate = fates[random(fates.length)] ?? 'some are there';
    const started = await this.#start(act);
    const typical = this.#typical.get(act.command) ?? 8_000;
    const moment = random(Math.ceil(typical * 1.15));
    await Promise.race([sleep(moment), started.done.then(async () => sleep(random(1_500)))]);
    await this.#powerFails(fate);
    const done = await ended(started);
    const status = done.result?.status ?? 'failed';
    tell(`${act.command} ${act.revision}, cut after ${moment} ms, ${fate}: ${status}`);
    if (status === 'succeeded' && act.command !== 'prepare') possible.clear();
    if (act.command !== 'prepare' && status !== 'failed') possible.add(act.revision);
    await this.#boot();
    const site = await look(this.#stand.way);
    figures.cuts += 1;
    if (status === 'succeeded') figures.reported += 1;
    if (site.active === act.revision) figures.switched += 1;
    await this.#hold(done, () => assertAfterCut(site, this.#known, possible));
    if (status === 'succeeded' && act.command === 'prepare') {
      await this.#hold(done, () => assert.equal(site.states.get(act.revision), 'prepared', 'what was prepared waits'));
    }
    possible.add(site.active);
    return site;
  }

  /** A run that nobody disturbs: it has to succeed, and leave nothing of those before it. */
  async #succeed(act: Act, previous: string): Promise<Site> {
    const begun = performance.now();
    let done = await ended(await this.#start(act));
    // A machine that is emulated beside much else can stand still for longer than a connection lasts.
    for (let tries = 1; tries < 4 && done.result?.targets[0]?.error?.code === 'CONNECT'; tries += 1) {
      this.#stand.tell(`${act.command} ${act.revision} lost its connection, and is tried again`);
      done = await ended(await this.#start(act));
    }
    await this.#hold(done, () => assert.equal(done.code, 0, `the run after the boot failed (active was ${previous})`));
    const site = await look(this.#stand.way);
    await this.#hold(done, () => assertAtRest(site, this.#known, act.revision));
    this.#stand.tell(`${act.command} ${act.revision} succeeded after ${Math.round(performance.now() - begun)} ms`);
    const steps = done.result?.targets[0]?.steps ?? [];
    const waited = steps.find(({ name }) => name === 'lock')?.milliseconds ?? 0;
    this.#typical.set(act.command, Math.min(performance.now() - begun - waited, 20_000));
    return site;
  }

  async #start({ command, revision }: Act): Promise<StartedAction> {
    return this.#stand.pages.start(command, revision);
  }

  /** Adds the log of the run, and what stands on the disk, to what is wrong. */
  async #hold(done: ActionRun, promise: () => void): Promise<void> {
    try {
      promise();
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(
        `${what}\n\nThe run that was cut, or was to succeed, said:\n${done.lines.filter((line) => !/^::add-mask|comparing with|copying and checking/.test(line)).join('\n')}`,
        {
          cause: error,
        },
      );
    }
    return Promise.resolve();
  }

  async #powerFails(fate: Fate): Promise<void> {
    const { start, image, random, figures } = this.#stand;
    await this.#machine?.cut();
    figures.unflushed += await replay(start.log, image, fate, random);
  }

  async #boot(): Promise<void> {
    const { start, image } = this.#stand;
    await run('cp', ['--sparse=always', image, start.disk]);
    this.#machine = await boot(start);
  }

  /** Ends the machine, whatever it does. */
  async end(): Promise<void> {
    await this.#machine?.cut();
  }
}

/** A run has ten minutes: longer is a hang. */
async function ended(started: StartedAction): Promise<ActionRun> {
  const killer = setTimeout(() => started.child.kill('SIGKILL'), 600_000);
  try {
    return await started.done;
  } finally {
    clearTimeout(killer);
  }
}
