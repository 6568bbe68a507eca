import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShipperError } from '../../src/errors.ts';
import { type ScriptRun, type ScriptTarget, type Steps, whole } from '../rig/script-target.ts';

/** A short lease, for runs that are to be given up. */
export const quick = { lease: 4, beat: 300, lockTimeout: 30 } as const;

/** Makes a site with content in its revisions, the active one is `old`; returns what its later runs need. */
export async function furnish(site: ScriptTarget, steps: Steps = {}): Promise<Steps> {
  const source = `${site.home}/source`;
  mkdirSync(source);
  writeFileSync(`${source}/file`, 'whole\n');
  const all = { ...steps, config: { sourceDir: source } };
  await site.perform('deploy', 'older', all);
  await site.perform('deploy', 'old', all);
  return all;
}

export function assertServes(site: ScriptTarget, ...revisions: readonly (string | undefined)[]): void {
  const active = site.active();
  assert.ok(revisions.includes(active), `${active ?? 'nothing'} is active`);
  assert.equal(readFileSync(`${site.root}/current/file`, 'utf8'), 'whole\n');
}

function assertNoTrace(site: ScriptTarget): void {
  assert.deepEqual(site.states(), ['active', 'journal', 'runs', 'version']);
  assert.deepEqual(readdirSync(`${site.root}/revisions/.shipper/runs`), []);
  assert.deepEqual(
    readdirSync(site.root)
      .filter((name) => name !== '.ballast')
      .sort(),
    ['current', 'revisions'],
  );
}

const lookingBack = [...whole.deploy.slice(0, -1), 'inspect', ...whole.deploy.slice(-1)] as const;

/** The next deploy succeeds, is complete, and nothing is left but what the journal explains. */
export async function assertNextWorks(site: ScriptTarget, steps: Steps): Promise<void> {
  const { of } = await site.perform('deploy', 'next', { ...steps, ...quick, work: lookingBack });
  assertServes(site, 'next');
  assertNoTrace(site);
  const states = of('listed').map(([, state]) => state);
  assert.ok(states.length > 1 && !states.includes('unfinished') && !states.includes('foreign'), states.join());
}

/** Resolves when the run's script and all that it started is gone. */
export async function gone({ connection }: ScriptRun): Promise<void> {
  for (let tries = 0; tries < 1500; tries += 1) {
    try {
      process.kill(-(connection.pids[0] ?? 0), 0);
    } catch {
      return;
    }
    await sleep(20);
  }
  assert.fail('the script has not ended');
}

/** What the run does when it is spoilt. */
export type Ending = 'recovers' | 'is lost' | 'is killed';

/**
 * Takes the steps one by one, `spoils` before the one at `index`, and ends as a runner does: by itself, or lost.
 * Returns whether the run succeeded.
 */
export async function attack(
  site: ScriptTarget,
  steps: Steps,
  index: number,
  spoil: () => void,
  ending: Ending,
): Promise<boolean> {
  const run = site.session({ ...steps, revision: 'new', ...quick });
  try {
    if (index > 0) await run.session.perform(whole.deploy.slice(0, index));
    spoil();
    if (ending === 'is killed') {
      process.kill(-(run.connection.pids[0] ?? 0), 'SIGKILL');
    } else if (ending === 'is lost') {
      for (const step of whole.deploy.slice(index, -2)) await run.session.perform([step]);
      run.session.close();
    } else {
      await run.session.perform(whole.deploy.slice(index), { last: true });
    }
    await gone(run);
    return ending === 'recovers';
  } catch (error) {
    assert.ok(error instanceof ShipperError && error.code !== 'INTERNAL', String(error));
    if (ending === 'recovers' && run.session.open) {
      await run.session.perform(['go_back', 'discard', 'unlock'], { last: true });
    } else run.session.close();
    await gone(run);
    return false;
  }
}

/** Does it before each of those steps, all at once; names those that failed. */
export async function beforeEach(
  indices: readonly number[],
  attackAt: (index: number) => Promise<void>,
): Promise<void> {
  const failed: string[] = [];
  const attacks = indices.map(async (index) =>
    attackAt(index).catch((error: unknown) => failed.push(`before ${whole.deploy[index] ?? ''}: ${String(error)}`)),
  );
  await Promise.all(attacks);
  assert.deepEqual(failed, []);
}
