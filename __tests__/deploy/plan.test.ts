import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Listener, Symlink, Target } from '../../src/config/config.ts';
import type { EventName } from '../../src/config/events.ts';
import type { Plan, RunPlan } from '../../src/deploy/plan.ts';
import type { TargetResult } from '../../src/deploy/result.ts';
import {
  type LocalFleet,
  localFleet,
  type LocalOutcome,
  type LocalRun,
  runListener,
  targetAt,
} from '../rig/local-fleet.ts';
import { showPath } from '../../src/upload/entry.ts';
import { randomTree, type RandomTree, writeTree } from '../upload/random-tree.ts';
import { differenceOf, filesBelow, snapshot, standingAt } from './planned.ts';

interface Order {
  readonly command: 'deploy' | 'prepare' | 'activate' | 'rollback';
  readonly tree: RandomTree;
  readonly links: readonly (keyof typeof linkable)[];
  readonly shares: readonly string[];
  readonly listeners: readonly { readonly event: EventName; readonly on: string | undefined; readonly once: boolean }[];
  readonly waves: readonly number[];
  readonly keep: number;
  readonly more: boolean;
}

/** Paths of links, the first of which random trees have too. */
const linkable = { a: 'share/one', 'shared/x': 'share', 'y.txt': 'share/missing' } as const;

const order = (commands: readonly Order['command'][]): fc.Arbitrary<Order> =>
  fc.record({
    command: fc.constantFrom(...commands),
    tree: randomTree,
    links: fc.uniqueArray(fc.constantFrom(...(Object.keys(linkable) as (keyof typeof linkable)[])), { maxLength: 3 }),
    shares: fc.subarray(['share', 'share/one', 'logs']),
    listeners: fc.array(
      fc.record({
        event: fc.constantFrom<EventName>(
          'after:create_symlinks',
          'before:link_current_revision',
          'after:link_current_revision',
          'before:completion',
        ),
        on: fc.constantFrom(undefined, 'runner', 'web1', 'web*', '!web1'),
        once: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    waves: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 3 }),
    keep: fc.integer({ min: 1, max: 2 }),
    more: fc.boolean(),
  });

const history = fc.array(order(['deploy', 'deploy', 'prepare']), { maxLength: 3 });
const last = order(['deploy', 'deploy', 'prepare', 'activate', 'rollback']);

/** What a run of that order is made of; `prepared` is what there is to activate. */
function runOf(fleet: LocalFleet, asked: Order, revision: string): LocalRun {
  const home = join(fleet.root('web1'), '..');
  writeTree(join(home, 'site'), asked.tree);
  writeTree(join(home, 'extra'), { 'more.txt': { kind: 'file', content: revision, executable: false } });
  const targets = fleet.names.map((name): Target => {
    const own = targetAt(fleet.root(name), name);
    const symlinks = asked.links.map((path): Symlink => ({ path, source: `${fleet.root(name)}/${linkable[path]}` }));
    return {
      ...own,
      symlinks,
      directories: [...own.directories, ...asked.shares.map((path) => `${fleet.root(name)}/${path}`)],
    };
  });
  const sizes: number[] = [];
  for (let left = targets.length; left > 0; left -= sizes.at(-1) ?? 1)
    sizes.push(Math.min(left, asked.waves[sizes.length % asked.waves.length] ?? 1));
  const config = { targets, revisionsToKeep: asked.keep, waves: { sizes, pause: 0 } };
  return {
    command: asked.command,
    revision: asked.command === 'rollback' ? '' : revision,
    config,
    listeners: listenersOf(asked, home),
  };
}

function listenersOf(asked: Order, home: string): readonly Listener[] {
  const upload = (from: string, to: string): Listener => ({
    ...{ kind: 'upload', event: 'after:create_revision', index: 0, upload: from, to, exclude: [] },
  });
  const runs = asked.listeners.map(({ event, on, once }, index) => {
    const command = `true ${index} && printf '%s\\n' "\${SHIPPER_HOST-runner}" >>'${home}'/trace.${index}`;
    return runListener(event, command, { index, once, ...(on === undefined ? {} : { on }) });
  });
  return [upload('site', '.'), ...(asked.more ? [upload('extra', 'b c')] : []), ...runs];
}

/** Where each command ran, in the words of a plan. */
function wordsOf(trace: string, fleet: LocalFleet, once: boolean): string {
  const ran = existsSync(trace) ? [...new Set(readFileSync(trace, 'utf8').trim().split('\n'))] : [];
  if (ran.length === 0) return 'no target';
  if (ran.includes('runner')) return 'runner';
  if (once) return `${ran.join()}, once`;
  return ran.length === fleet.names.length && ran.length > 1
    ? `all ${ran.length} targets`
    : fleet.names.filter((name) => ran.includes(name)).join(', ');
}

function assertListeners(plan: RunPlan | undefined, asked: Order, run: LocalOutcome, fleet: LocalFleet): void {
  const home = join(fleet.root('web1'), '..');
  const called = run.log.flatMap((line) => /^info: (?:\(for .*\) |\$ )true (\d)/.exec(line)?.[1] ?? []);
  const planned = (plan?.listeners ?? []).filter(({ what }) => what.startsWith('run '));
  const shown = planned.map(({ what }) => Number(/^run true (\d)/.exec(what)?.[1]));
  assert.deepEqual(shown.map(String), [...new Set(called)], 'the order of the listeners');
  for (const [at, { where }] of planned.entries()) {
    const number = shown[at] ?? 0;
    assert.equal(where, wordsOf(join(home, `trace.${number}`), fleet, asked.listeners[number]?.once === true));
  }
  const waves = run.log.flatMap((line) => /^info: wave \d+ of \d+: (.*)$/.exec(line)?.[1] ?? []);
  assert.deepEqual(
    (plan?.waves ?? []).map((names) => names.join(', ')),
    waves,
  );
}

/** `links`: what took the place of uploaded files, now or before. */
function assertUploads({ uploads }: Plan, links: readonly string[], old: string, now: string): void {
  const isOutside = (path: string): boolean => !links.some((link) => path === link || path.startsWith(`${link}/`));
  const outside = (files: ReturnType<typeof filesBelow>): ReturnType<typeof filesBelow> =>
    new Map([...files].filter(([path]) => isOutside(path)));
  const [before, after] = [outside(filesBelow(old)), outside(filesBelow(now))];
  const difference = differenceOf(before, after);
  for (const kind of ['added', 'changed', 'removed'] as const) {
    const each = (uploads?.[kind].each ?? []).filter(({ path }) => isOutside(path));
    const sizes = difference[kind].map((path) => (kind === 'removed' ? before : after).get(path)?.bytes ?? 0);
    assert.deepEqual(each.map(({ path }) => path).sort(), difference[kind].map(showPath).sort(), kind);
    assert.deepEqual(each.map(({ bytes }) => bytes).sort(), sizes.sort(), kind);
  }
}

function assertLinks(plan: Plan, root: string, now: string, stood: ReadonlyMap<string, string | undefined>): void {
  for (const { path, source, dangling, now: planned } of plan.links) {
    assert.equal(readlinkSync(join(now, path)), source);
    assert.equal(!existsSync(source), dangling, `${path} dangles`);
    const was = stood.get(`${root}/${path}`);
    const words = typeof planned === 'object' ? `link ${planned.link}` : planned;
    assert.equal(words === 'same' ? `link ${source}` : words, was, `what stood at ${path}`);
  }
}

interface Before {
  readonly active: readonly string[];
  readonly missing: readonly (readonly string[])[];
  readonly stood: ReadonlyMap<string, string | undefined>;
  /** Paths of all links that there are or were. */
  readonly links: readonly string[];
}

function lookAt(fleet: LocalFleet, targets: readonly Target[], links: readonly string[]): Before {
  const stood = targets.flatMap(({ name, symlinks }) =>
    symlinks.map(
      ({ path }) => [`${fleet.root(name)}/${path}`, standingAt(join(fleet.root(name), 'current'), path)] as const,
    ),
  );
  const missing = targets.map(({ directories }) => directories.filter((path) => !existsSync(path)));
  return { active: fleet.active(), missing, stood: new Map(stood), links };
}

function assertTarget(plan: Plan, asked: Order, done: TargetResult, before: Before, fleet: LocalFleet): void {
  const root = fleet.root(done.name);
  const index = fleet.names.indexOf(done.name);
  const was = before.active[index] ?? '-';
  if (asked.command === 'deploy' || asked.command === 'prepare') {
    assert.deepEqual(plan.directories, before.missing[index]);
    assert.equal(plan.creates, done.revisionPath);
    const now = done.revisionPath ?? '';
    assertLinks(plan, root, now, before.stood);
    assertUploads(plan, before.links, join(root, 'revisions', was), now);
  }
  assert.deepEqual([...plan.purges].sort(), [...done.purged].sort());
  const is = fleet.active()[index];
  assert.equal(plan.switches?.to ?? was, is);
  assert.equal(plan.switches === undefined ? undefined : (plan.switches.from ?? '-'), plan.switches && was);
}

async function stateOf(fleet: LocalFleet, name: string | undefined): Promise<(string | undefined)[]> {
  const { result } = await fleet.run({ command: 'status' });
  return result.targets.map(({ revisions = [] }) => revisions.find((row) => row.name === name)?.state);
}

async function planThenRun(size: number, past: readonly Order[], asked: Order): Promise<void> {
  await using fleet = await localFleet(size);
  const prepared: string[] = [];
  for (const [index, one] of past.entries()) {
    const { error } = await fleet.run(runOf(fleet, one, `v${index}`));
    if (error === undefined && one.command === 'prepare') prepared.push(`v${index}`);
  }
  mkdirSync(join(fleet.root('web1'), 'revisions', 'by-hand'), { recursive: true });
  const run = runOf(fleet, asked, asked.command === 'activate' ? (prepared.at(-1) ?? 'none') : 'last');
  const home = join(fleet.root('web1'), '..');
  for (const index of [0, 1, 2, 3]) rmSync(join(home, `trace.${index}`), { force: true });
  const links = [...past, asked].flatMap((one) => one.links);
  const before = lookAt(fleet, run.config?.targets ?? [], links);
  const disk = snapshot(home);
  const planned = await fleet.run({ ...run, dryRun: true });
  assert.equal(snapshot(home), disk, 'a dry run changes nothing');
  const done = await fleet.run(run);
  if (planned.error !== undefined) assert.notEqual(done.error, undefined, planned.error.message);
  fc.pre(done.error === undefined && planned.error === undefined);
  assertListeners(planned.result.plan, asked, done, fleet);
  for (const [index, target] of done.result.targets.entries()) {
    const plan = planned.result.targets[index]?.plan;
    assert.ok(plan);
    assertTarget(plan, asked, target, before, fleet);
  }
  const marked = planned.result.targets.map(({ plan }) => plan?.marksBad);
  for (const [index, name] of marked.entries()) {
    if (asked.command === 'rollback')
      assert.equal((await stateOf(fleet, before.active[index]))[index], name === undefined ? 'completed' : 'bad');
  }
}

test('what a plan says is what the run then does', { timeout: 600_000 }, async () => {
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 3 }), history, last, planThenRun);
  await fc.assert(property, { numRuns: Number(process.env['PLANS'] ?? 5), endOnFailure: true });
});
