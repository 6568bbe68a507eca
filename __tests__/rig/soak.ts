/** What script/soak runs; its figures are those of docs/guarantees.md. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atExit } from './at-exit.ts';
import { type Shell, shells } from './local-connection.ts';
import { run } from './program.ts';
import { type ScriptRun, type ScriptTarget, scriptTarget, whole } from './script-target.ts';

const { env } = process;
const minutes = Number(env['MINUTES'] ?? '30');
const seed = Number(env['SEED'] ?? '1');
const under = shells.filter((shell) => (env['SHELLS'] ?? 'dash bash busybox').split(' ').includes(shell));
const quick = { lease: 4, beat: 400, lockTimeout: 300 };
const fates = ['lives', 'lives', 'rolls back', 'is killed', 'is frozen', 'is cut off', 'fails'] as const;
type Fate = (typeof fates)[number];

/** mulberry32: the same numbers for the same seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = Math.trunc(state + 0x6d2b79f5);
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Figures = Record<Fate | 'taken over' | 'late records' | 'switches' | 'reads', number>;

function signal(run: ScriptRun, name: NodeJS.Signals): void {
  const [pid] = run.connection.pids;
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    return; // It has ended.
  }
}

interface Arena {
  readonly site: ScriptTarget;
  /** Tokens of killed runs: one that was waiting for the lock is swept after a day. */
  readonly killed: Set<string>;
  readonly fates: Map<string, Fate>;
}

/** One run with a fate, from beginning to end. */
async function attack(
  { site, killed, fates: known }: Arena,
  name: string,
  fate: Fate,
  random: () => number,
): Promise<number> {
  const config = { sourceDir: `${site.home}/source` };
  const command = fate === 'rolls back' ? 'rollback' : 'deploy';
  const run = site.session({ ...quick, config, command, revision: command === 'deploy' ? name : '' });
  known.set(run.token, fate);
  const work = whole[command];
  const point = Math.floor(random() * (work.length - 1)) + 1;
  try {
    if (fate === 'lives' || fate === 'rolls back') await run.session.perform(work, { last: true });
    else {
      await run.session.perform(work.slice(0, point));
      const rest = run.session.perform(work.slice(point), { last: true });
      rest.catch(() => undefined);
      await sleep(random() * 60);
      if (fate === 'is killed') {
        killed.add(run.token);
        signal(run, 'SIGKILL');
      }
      if (fate === 'is cut off') run.session.close();
      if (fate === 'is frozen') {
        signal(run, 'SIGSTOP');
        await sleep(random() * 8_000);
        signal(run, 'SIGCONT');
      }
      await rest;
      if (fate === 'fails') throw new Error('meant to');
    }
  } catch {
    if (fate === 'fails' && run.session.open) {
      await run.session.perform(['go_back', 'discard', 'unlock'], { last: true }).catch(() => undefined);
    }
  }
  run.session.close();
  return run.of('settled').length;
}

/**
 * Nobody wrote into the journal between the first and the last record of a run. What was frozen in the very write, its
 * file open already, may add that one record when it wakes; returns how many did.
 */
function assertOneHolderAtATime(journal: string, known: ReadonlyMap<string, Fate>): number {
  const tokens = [...journal.matchAll(/^(?:created|linked|completed) \S+ \d+ (\S+) .* \.$/gm)].map(
    ([, token = '']) => token,
  );
  const ended = new Set<string>();
  const late = new Set<string>();
  let current = '';
  for (const token of tokens) {
    if (token === current) continue;
    if (ended.has(token)) {
      assert.ok(known.get(token) === 'is frozen' && !late.has(token), `never two holders\n${journal}`);
      late.add(token);
      continue;
    }
    ended.add(current);
    current = token;
  }
  return late.size;
}

async function soak(shell: Shell, until: number, random: () => number, figures: Figures): Promise<void> {
  await using site = await scriptTarget(shell);
  const killed = new Set<string>();
  const known = new Map<string, Fate>();
  const source = `${site.home}/source`;
  mkdirSync(source);
  writeFileSync(`${source}/file`, 'whole\n');
  await site.perform('deploy', 'first', { config: { sourceDir: source } });
  const reader = fork(join(import.meta.dirname, 'reader.ts'), [`${site.root}/current/file`]);
  atExit(() => reader.kill('SIGKILL'));
  await once(reader, 'message');
  let late = 0;
  for (let round = 0; performance.now() < until; round += 1) {
    const contenders = Array.from({ length: 2 + Math.floor(random() * 5) }, async (_, index) => {
      const fate = fates[Math.floor(random() * fates.length)] ?? 'lives';
      figures[fate] += 1;
      figures['taken over'] += await attack(
        { site, killed, fates: known },
        `v${String(round)}-${String(index)}`,
        fate,
        random,
      );
    });
    await Promise.all(contenders);
    const start = performance.now();
    await site.perform('deploy', `last${String(round)}`, { ...quick, config: { sourceDir: source } });
    const waited = (performance.now() - start) / 1000;
    assert.ok(waited < quick.lease * 10, `the lock was free after ${waited.toFixed(1)} s`);
    assert.equal(site.active(), `last${String(round)}`);
    assert.deepEqual(readdirSync(site.root).sort(), ['current', 'revisions']);
    const left = (): readonly string[] =>
      readdirSync(`${site.root}/revisions/.shipper/runs`).filter((token) => !killed.has(token));
    // A machine that is busy with all of this is slow: the promise is a minute.
    for (let tries = 0; tries < 1200 && left().length > 0; tries += 1) await sleep(50);
    if (left().length > 0) console.log(await run('ls', ['-lR', `${site.root}/revisions/.shipper/runs`]));
    assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
    assert.deepEqual(
      left().map((token) => `${token}, which ${known.get(token) ?? 'lives'}`),
      [],
    );
    late = assertOneHolderAtATime(site.journal(), known);
  }
  figures['late records'] += late;
  figures.switches += [...site.journal().matchAll(/^(?:linked|returned) /gm)].length;
  reader.send('stop');
  const [tally] = (await once(reader, 'message')) as [{ readonly reads: number; readonly failures: readonly string[] }];
  assert.deepEqual(tally.failures, []);
  figures.reads += tally.reads;
}

const figures: Figures = {
  ...{ lives: 0, 'rolls back': 0, 'is killed': 0, 'is frozen': 0, 'is cut off': 0, fails: 0 },
  ...{ 'taken over': 0, 'late records': 0, switches: 0, reads: 0 },
};
const started = performance.now();
console.log(`seed ${String(seed)}, ${String(minutes)} minutes under ${under.join(', ')}`);
const ticker = setInterval(() => console.log(JSON.stringify(figures)), 60_000);
try {
  const until = started + minutes * 60_000;
  await Promise.all(under.map(async (shell, index) => soak(shell, until, randomFrom(seed + index), figures)));
  console.log('no promise was broken');
} finally {
  clearInterval(ticker);
  console.log(JSON.stringify({ seed, minutes: (performance.now() - started) / 60_000, ...figures }));
}
