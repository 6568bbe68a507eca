import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { type LocalFleet, localFleet, type LocalOutcome, type LocalRun, runListener } from '../rig/local-fleet.ts';
import { isLarge } from '../rig/share.ts';

const most = 12;
const model = await localFleet(most);
for (const revision of ['v1', 'v2']) {
  const { error } = await model.run({ revision });
  assert.equal(error, undefined);
}
after(async () => model[Symbol.asyncDispose]());

const checked = 'after:link_current_revision';

/** Sizes that together are so many targets. */
function sizesOf(parts: readonly number[], targets: number): readonly number[] {
  const sizes: number[] = [];
  for (let left = targets; left > 0; left -= sizes.at(-1) ?? 1)
    sizes.push(Math.min(left, parts[sizes.length % parts.length] ?? 1));
  return sizes;
}

/** A wave begins only once the checks of the one before have passed. */
function assertChecked(log: readonly string[], waves: number): void {
  const begun = log.flatMap((line, index) => (/^info: wave \d+ of \d+: /.test(line) ? [index] : []));
  for (const [wave, index] of begun.entries()) {
    if (wave === 0) continue;
    const passed = log.slice(0, index).filter((line) => line.startsWith(`done: ${checked}, wave`)).length;
    assert.equal(passed, wave, log.join('\n'));
  }
  assert.ok(begun.length <= waves);
}

interface Fault {
  /** Which target, and in which way. */
  readonly target: number;
  readonly how: 'fails' | 'lost' | 'lost for good' | 'cancelled' | 'none';
}

async function deploy(fleet: LocalFleet, sizes: readonly number[], { target, how }: Fault): Promise<LocalOutcome> {
  const name = fleet.names[target % fleet.names.length] ?? '';
  const cancel = new AbortController();
  let isLost = false;
  const wire: LocalRun['wire'] = (said, from) => {
    if (from !== name || said !== 'linked v3' || isLost) return [said];
    if (how === 'cancelled') setTimeout(() => cancel.abort(), 20);
    if (!how.startsWith('lost')) return [said];
    isLost = true;
    return 'lost';
  };
  const check =
    how === 'fails' ? `[ "$SHIPPER_HOST$SHIPPER_REVISION" != ${name}v3 ]` : 'test -n "$SHIPPER_WAVE$SHIPPER_WAVES"';
  return fleet.run({
    ...{ revision: 'v3', wire, signal: cancel.signal, config: { waves: { sizes, pause: 0.05 } } },
    refuses: (to) => how === 'lost for good' && isLost && to === name,
    listeners: [runListener('before:link_current_revision', 'true'), runListener(checked, check)],
  });
}

test('in whatever waves, with a fault in any of them: all are on one revision, or the others are named', async () => {
  const hows = ['fails', 'lost', 'lost for good', 'cancelled', 'none'] as const;
  const property = fc.asyncProperty(
    fc.record({
      size: fc.integer({ min: 2, max: most }),
      parts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
      fault: fc.record({ target: fc.nat(most), how: fc.constantFrom(...hows) }),
    }),
    async ({ size, parts, fault }) => {
      await using fleet = await model.copy(size);
      const sizes = sizesOf(parts, size);
      const run = await deploy(fleet, sizes, fault);
      const log = run.log.join('\n');
      assertChecked(run.log, sizes.length);
      await fleet.atRest();
      const active = new Set(fleet.active());
      assert.equal(active.size, 1, `${fleet.active().join(' ')}\n${log}`);
      assert.equal(active.has('v3'), run.error === undefined, log);
      const { status } = run.result;
      const expected = {
        fails: 'returned',
        lost: 'returned',
        'lost for good': 'unknown',
        cancelled: 'cancelled',
        none: 'succeeded',
      };
      // The last wave can have completed before it was cancelled.
      assert.ok(
        status === expected[fault.how] || (fault.how === 'cancelled' && status === 'succeeded'),
        `${status}\n${log}`,
      );
      const named = run.result.targets.filter((target) => target.status === 'unknown').map(({ name }) => name);
      assert.equal(named.length, fault.how === 'lost for good' ? 1 : 0, log);
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['WAVES'] ?? (isLarge ? 12 : 4)) });
});

// The beats of the runner go on through a pause, so that its length makes no difference once it is longer than a lease.
if (isLarge) {
  test('a pause that is longer than the lease loses no lock, and who waits meanwhile gets none', async () => {
    await using fleet = await model.copy(2);
    const listeners = [runListener(checked, 'true')];
    const waiting = fleet.run({ revision: 'v3', listeners, config: { waves: { sizes: [1, 1], pause: 50 } } });
    for (let tries = 0; tries < 400 && fleet.active()[0] !== 'v3'; tries += 1) await sleep(25);
    const other = await fleet.run({ revision: 'v4' });
    assert.equal(other.result.status, 'failed');
    assert.match(String(other.error), /holds the lock|is deploying|locked/i);
    const { error, result } = await waiting;
    assert.equal(error, undefined);
    assert.equal(result.status, 'succeeded');
    assert.deepEqual(fleet.active(), ['v3', 'v3']);
    await fleet.atRest();
  });
}
