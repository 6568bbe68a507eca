import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type Command, commands, type EventName, eventNames, events } from '../../src/config/events.ts';
import type { Status } from '../../src/deploy/result.ts';
import { type LocalFleet, localFleet, type LocalOutcome, runListener } from '../rig/local-fleet.ts';
import { share } from '../rig/share.ts';

/** Fleets with v1 and v2 completed, v2 active, and v3 prepared. */
const models = new Map<number, LocalFleet>();
for (const size of [1, 3]) {
  const fleet = await localFleet(size);
  for (const revision of ['v1', 'v2']) await succeed(fleet.run({ revision }));
  await succeed(fleet.run({ command: 'prepare', revision: 'v3' }));
  models.set(size, fleet);
}
after(async () => {
  for (const fleet of models.values()) await fleet[Symbol.asyncDispose]();
});

async function succeed(run: Promise<LocalOutcome>): Promise<LocalOutcome> {
  const outcome = await run;
  assert.equal(outcome.error, undefined, outcome.log.join('\n'));
  return outcome;
}

const asked: Readonly<Record<Exclude<Command, 'status'>, string>> = {
  deploy: 'v4',
  prepare: 'v4',
  activate: 'v3',
  rollback: 'v1',
  adopt: '',
};

interface Row {
  readonly command: Exclude<Command, 'status'>;
  readonly event: EventName;
  readonly rollbackOnFailure: boolean;
  readonly size: number;
}

const rows: readonly Row[] = commands
  .filter((command) => command !== 'status')
  .flatMap((command) =>
    eventNames
      .filter((event) => (events[event] as readonly Command[]).includes(command) && event !== 'on:error')
      .flatMap((event) =>
        [true, false].flatMap((rollbackOnFailure) =>
          [1, 3].map((size) => ({ command, event, rollbackOnFailure, size })),
        ),
      ),
  )
  .filter((row) => row.rollbackOnFailure || isAfterSwitch(row));

/** Of one target and of three. */
const taken = [1, 3].flatMap((size) => {
  const some = rows.filter((row) => row.size === size);
  return share(`failures of ${size}`, some, 14, { nameOf: (row) => JSON.stringify(row) });
});

/** Whether the event comes after the switch. */
function isAfterSwitch({ command, event }: Row): boolean {
  return command !== 'prepare' && eventNames.indexOf(event) >= eventNames.indexOf('after:link_current_revision');
}

/** What has to come of a listener that fails there, on the last target only. */
function expected(row: Row): Status {
  if (row.event === 'after:completion') return 'succeeded';
  if (!isAfterSwitch(row)) return 'failed';
  return row.command === 'rollback' || !row.rollbackOnFailure ? 'stayed' : 'returned';
}

describe('a listener that fails', { concurrency: 4 }, () => {
  for (const row of taken) {
    const { command, event, size, rollbackOnFailure } = row;
    const title = `${command}, ${event}, ${size} target${size === 1 ? '' : 's'}${rollbackOnFailure ? '' : ', to stay'}`;
    test(title, async () => {
      await using fleet = (await models.get(size)?.copy()) ?? (await localFleet(size));
      const last = `web${size}`;
      // On the way back the listeners are called for v2, and are to succeed.
      const failing = runListener(event, '[ "$SHIPPER_REVISION" = v2 ]', {
        on: event === 'on:start' ? 'runner' : last,
      });
      const run = await fleet.run({
        command,
        revision: asked[command],
        config: { rollbackOnFailure },
        listeners: [failing, runListener('on:error', 'echo "$SHIPPER_EVENT on $SHIPPER_HOST"')],
      });
      const status = expected(row);
      const log = run.log.join('\n');
      assert.equal(run.result.status, status, log);
      assert.deepEqual([...new Set(run.result.targets.map((target) => target.status))], [status], log);
      assert.equal(run.error?.code, status === 'succeeded' ? undefined : 'LISTENER', log);
      await fleet.atRest();
      const isNew = status === 'stayed' || (status === 'succeeded' && command !== 'prepare');
      assert.deepEqual(
        fleet.active(),
        fleet.names.map(() => (isNew ? asked[command] : 'v2')),
        log,
      );
      const isKept = status !== 'failed' && asked[command] === 'v4';
      for (const name of fleet.names) assert.equal(fleet.revisions(name).includes('v4'), isKept, log);
      assert.equal(
        run.told.slice(0, -1).every((result) => result.status === 'unknown'),
        true,
      );
      if (size === 1) {
        const next = await succeed(fleet.run({ revision: 'v9' }));
        assert.equal(next.result.previousRevision, isNew ? asked[command] : 'v2');
      }
    });
  }
});
