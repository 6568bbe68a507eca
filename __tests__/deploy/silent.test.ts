import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type LocalFleet, localFleet, type LocalRun } from '../rig/local-fleet.ts';

const model = await localFleet(3);
for (const revision of ['v1', 'v2']) {
  const { error } = await model.run({ revision });
  assert.equal(error, undefined);
}
after(async () => model[Symbol.asyncDispose]());

/** Web2 says this line and then nothing more, on any connection, though each stays open. */
function silentFrom(line: string): NonNullable<LocalRun['wire']> {
  let isSilent = false;
  return (said, target) => {
    if (target !== 'web2') return [said];
    if (isSilent) return 'silent';
    isSilent = said === line;
    return [said];
  };
}

async function othersBack(fleet: LocalFleet, log: string): Promise<void> {
  await fleet.atRest();
  assert.deepEqual([fleet.active()[0], fleet.active()[2]], ['v2', 'v2'], log);
}

describe('one of three targets says nothing any more', { concurrency: 6 }, () => {
  for (const line of ['step preflight', 'step create_revision', 'end 0', 'linked v3', 'step purge_old_revisions']) {
    test(`after "${line}": the run ends, the others go back, and it is named with what it was asked for`, async () => {
      await using fleet = await model.copy();
      const run = await fleet.run({ revision: 'v3', wire: silentFrom(line), patience: 6 });
      const log = run.log.join('\n');
      assert.match(run.error?.message ?? '', /^web2.*: the target said nothing for \d+ seconds/, log);
      assert.equal(run.error?.code, 'TARGET');
      await othersBack(fleet, log);
      assert.equal(fleet.active()[1], 'v2', 'it went back alone, once the runner let go of it');
      const statuses = run.result.targets.map(({ status }) => status);
      const isDecided = ['step preflight', 'step create_revision'].includes(line);
      const other = ['linked v3', 'step purge_old_revisions', 'end 0'].includes(line) ? 'returned' : 'failed';
      assert.deepEqual(statuses, [other, isDecided ? 'failed' : 'unknown', other], log);
    });
  }

  test('and another one fails meanwhile: nobody waits for the silent one before going back', async () => {
    await using fleet = await model.copy();
    const [first, ...others] = fleet.names.map((name) => ({ name, root: fleet.root(name) }));
    assert.ok(first !== undefined && others.length === 2);
    let backs = 0;
    const silent = silentFrom('linked v3');
    const wire: LocalRun['wire'] = (said, target) => {
      if (said.startsWith('returned') && target !== 'web2') backs += 1;
      // The switch on web1 fails, as far as the runner hears of it.
      if (target === 'web1' && said === 'step link_current_revision')
        return ['error TARGET link_current_revision no', 'end 1'];
      return silent(said, target);
    };
    const run = await fleet.run({ revision: 'v3', wire, patience: 12 });
    const log = run.log.join('\n');
    assert.match(run.error?.message ?? '', /^web1, link_current_revision: no/, log);
    assert.equal(backs, 2, log);
    await othersBack(fleet, log);
  });
});
