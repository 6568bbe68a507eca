import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Status } from '../../src/deploy/result.ts';
import { type LocalFleet, localFleet, type LocalRun, runListener } from '../rig/local-fleet.ts';

const model = await localFleet(3);
for (const revision of ['v1', 'v2']) {
  const { error } = await model.run({ revision });
  assert.equal(error, undefined);
}
after(async () => model[Symbol.asyncDispose]());

/** What web2 says in a deploy of a fleet without listeners, until it is lost. */
const lines = [
  ...['step preflight', 'step lock', 'revision v3', 'step create_revision', 'step create_symlinks', 'end 0'],
  ...['linked v3', 'purged v1', 'completed v3', 'deleted', 'step unlock'],
] as const;

/** Loses web2 as it says the line, once in the run. */
function losing(line: string): NonNullable<LocalRun['wire']> {
  let isDone = false;
  return (said, target) => {
    if (isDone || target !== 'web2' || said !== line) return [said];
    isDone = true;
    return 'lost';
  };
}

async function assertAlike(fleet: LocalFleet, name: string, log: string): Promise<void> {
  await fleet.atRest();
  assert.deepEqual(fleet.active(), [name, name, name], log);
}

const config = { revisionsToKeep: 1 };

describe('one of three targets is lost', { concurrency: 4 }, () => {
  for (const line of lines) {
    test(`as it says "${line}": all are on one revision, and the result says which`, async () => {
      await using fleet = await model.copy();
      const run = await fleet.run({ revision: 'v3', config, wire: losing(line) });
      const log = run.log.join('\n');
      const isCommitted = lines.indexOf(line) >= lines.indexOf('completed v3');
      await assertAlike(fleet, isCommitted ? 'v3' : 'v2', log);
      const hasSwitched = lines.indexOf(line) >= lines.indexOf('linked v3');
      const status: Status = isCommitted ? 'succeeded' : hasSwitched ? 'returned' : 'failed';
      assert.equal(run.result.status, status, log);
      const statuses = run.result.targets.map((target) => target.status);
      // Where it cannot have switched, it is not asked: it puts itself in order.
      assert.deepEqual(new Set(statuses), new Set([status]), log);
    });

    test(`the same for good, as it says "${line}": the others are put back, and it is named`, async () => {
      await using fleet = await model.copy();
      let isLost = false;
      const lose = losing(line);
      const wire: LocalRun['wire'] = (said, target) => {
        const passed = lose(said, target);
        isLost ||= passed === 'lost';
        return passed;
      };
      const run = await fleet.run({ revision: 'v3', config, wire, refuses: (target) => isLost && target === 'web2' });
      const log = run.log.join('\n');
      await fleet.atRest();
      const isCommitted = lines.indexOf(line) >= lines.indexOf('completed v3');
      assert.equal(fleet.active()[1], isCommitted ? 'v3' : 'v2', log);
      const hasSwitched = lines.indexOf(line) >= lines.indexOf('linked v3');
      const isKnown = lines.indexOf(line) > lines.indexOf('completed v3');
      assert.equal(run.result.status, isKnown ? 'succeeded' : hasSwitched ? 'unknown' : 'failed', log);
      if (!isKnown) assert.match(log, /web2: .*(could not be read|puts itself in order)/);
    });
  }

  test('in the pause between two waves: the run ends at once, and all go back', async () => {
    await using fleet = await model.copy();
    const wire: LocalRun['wire'] = (said) => [said];
    const run = await fleet.run({
      ...{ revision: 'v3', wire, config: { waves: { sizes: [1, 1, 1], pause: 1 } } },
      listeners: [runListener('after:link_current_revision', '[ "$SHIPPER_HOST$SHIPPER_REVISION" != web2v3 ]')],
    });
    const log = run.log.join('\n');
    await assertAlike(fleet, 'v2', log);
    assert.deepEqual(
      run.result.targets.map(({ status }) => status),
      ['returned', 'returned', 'failed'],
      log,
    );
  });
});
