import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, commands, type EventName, eventNames, events } from '../../src/config/events.ts';
import { moments } from '../../src/deploy/timeline.ts';

const changing = commands.filter((command) => command !== 'status');
const alone = { fleet: 1, dryRun: false, stays: false };

for (const command of changing) {
  test(`${command} without listeners is one message`, () => {
    const [only, ...others] = moments(command, () => false, alone);
    assert.deepEqual([only?.kind, others], ['work', []]);
    assert.ok(only?.kind === 'work' && only.last);
  });

  test(`${command} dispatches exactly its events, in the order of the table`, () => {
    const outside: readonly EventName[] = ['on:start', 'after:completion', 'on:error'];
    const met = moments(command, () => true, alone).flatMap((moment) =>
      moment.kind === 'event' ? [moment.event] : [],
    );
    const own = eventNames.filter(
      (event) => (events[event] as readonly Command[]).includes(command) && !outside.includes(event),
    );
    assert.deepEqual(met, own);
  });
}

test('a fleet waits for all of its targets before the switch, before anything is purged, and before completion', () => {
  const works = moments('deploy', () => false, { ...alone, fleet: 2 }).map((moment) =>
    moment.kind === 'work' ? moment.work : [],
  );
  assert.deepEqual(works, [
    ['preflight', 'lock', 'init_directories', 'create_revision', 'create_symlinks'],
    ['link_current_revision'],
    ['purge_old_revisions'],
    ['complete', 'unlock'],
  ]);
});

test('a dry run and status read only', () => {
  for (const command of commands) {
    const [only] = moments(command, () => true, { ...alone, dryRun: true });
    assert.ok(only?.kind === 'work');
    assert.deepEqual(
      only.work.filter((work) => !['preflight', 'choose', 'inspect'].includes(work)),
      [],
    );
  }
});

test('sessions stay open for what comes after the last message', () => {
  const last = moments('deploy', () => false, { ...alone, stays: true }).at(-1);
  assert.ok(last?.kind === 'work' && !last.last);
});
