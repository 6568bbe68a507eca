import assert from 'node:assert/strict';
import type { Site } from './look.ts';

export type Files = ReadonlyMap<string, string>;

/** What the test knows of a site: what would be whole, and what was true before the cut. */
export interface Known {
  /** Every revision that any run was to make, with its files. */
  readonly whole: ReadonlyMap<string, Files>;
  /** What is not Shipper's. */
  readonly foreign: Files;
  readonly byHand: string;
}

function assertWhole(name: string, site: Site, known: Known, why: string): void {
  const files = site.revisions.get(name);
  assert.ok(files !== undefined, `${why}: revision ${name} is not there`);
  const expected = known.whole.get(name);
  assert.ok(expected !== undefined, `${why}: nobody made a revision ${name}`);
  assert.deepEqual(sorted(files), sorted(expected), `${why}: revision ${name} is not whole`);
}

function sorted(files: Files): readonly (readonly [string, string])[] {
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What has to hold after a cut, before anything has touched the site. */
export function assertAfterCut(site: Site, known: Known, possible: ReadonlySet<string>): void {
  assert.ok(
    possible.has(site.active),
    `the active symlink leads to "${site.active}", and may lead to ${[...possible].join(' or ')}`,
  );
  if (site.active !== '') assertWhole(site.active, site, known, 'what is active');
  for (const [name, state] of site.states) {
    if (!['completed', 'prepared', 'bad'].includes(state) || !site.revisions.has(name)) continue;
    assertWhole(name, site, known, `the journal calls it ${state}`);
  }
  assertForeign(site, known);
}

function assertForeign(site: Site, known: Known): void {
  assert.deepEqual(sorted(site.others), sorted(known.foreign), 'what Shipper did not create is as it was');
  assertWhole(known.byHand, site, known, 'what Shipper did not create');
}

/** What has to hold once a run has ended well: nothing of any dead run is left. */
export function assertAtRest(site: Site, known: Known, active: string): void {
  assert.equal(site.active, active, 'the run that succeeded is live');
  assertForeign(site, known);
  assert.deepEqual(site.left, [], 'no lock, and nothing of a dead run is left');
  for (const name of site.revisions.keys()) {
    assertWhole(name, site, known, 'what stands in revisions');
    const state = site.states.get(name) ?? 'unrecorded';
    assert.ok(name === known.byHand || ['completed', 'prepared', 'bad'].includes(state), `${name} is ${state}`);
  }
}

/** Completed revisions that are there, in the order in which they were recorded. */
export function completed(site: Site): readonly string[] {
  return [...site.states]
    .filter(([name, state]) => state === 'completed' && site.revisions.has(name))
    .map(([name]) => name);
}
