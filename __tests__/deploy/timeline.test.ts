import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, commands, type EventName, eventNames, events } from '../../src/config/events.ts';
import { type Moment, moments, type Playing } from '../../src/deploy/moments.ts';
import { back, dry, forth, stay } from '../../src/deploy/timeline.ts';
import { wavesOf } from '../../src/deploy/waves.ts';

const changing = commands.filter((command) => command !== 'status');

const playing = (fleet: number, more: Partial<Playing> = {}): Playing => ({
  ...{ fleet, listensTo: () => false, stays: false, waves: wavesOf([fleet]), pause: 0 },
  ...more,
});

/** What travels as one message is one list. */
const works = (all: readonly Moment[]): readonly (readonly string[])[] =>
  all.flatMap((moment) => (moment.kind === 'work' ? [moment.work] : []));

for (const command of changing) {
  test(`${command} without listeners is one message`, () => {
    const [only, ...others] = moments(forth[command], playing(1));
    assert.deepEqual([only?.kind, others], ['work', []]);
    assert.ok(only?.kind === 'work' && only.last);
  });

  test(`${command} dispatches exactly its events, in the order of the table`, () => {
    const outside: readonly EventName[] = ['on:start', 'after:completion', 'on:error'];
    const met = moments(forth[command], playing(1, { listensTo: () => true })).flatMap((moment) =>
      moment.kind === 'event' ? [moment.event] : [],
    );
    const own = eventNames.filter(
      (event) => (events[event] as readonly Command[]).includes(command) && !outside.includes(event),
    );
    assert.deepEqual(met, own);
  });
}

test('a fleet waits for all of its targets before the switch, before anything is purged, and before completion', () => {
  assert.deepEqual(works(moments(forth.deploy, playing(2))), [
    ['preflight', 'lock', 'init_directories', 'create_revision', 'create_symlinks'],
    ['link_current_revision'],
    ['purge_old_revisions'],
    ['complete', 'unlock'],
  ]);
});

test('waves switch one after another, each between its own events, with a pause between', () => {
  const listensTo = (event: EventName): boolean => event.endsWith('link_current_revision');
  const all = moments(forth.deploy, playing(4, { listensTo, waves: wavesOf([1, 2, 1]), pause: 60 }));
  const told = all.map((moment) => {
    const { wave, kind } = moment;
    const what = kind === 'event' ? moment.event : kind === 'work' ? moment.work.join(' ') : kind;
    return wave === undefined ? what : `${String(wave.number)}/${String(wave.of)} ${what} ${wave.from}-${wave.to}`;
  });
  const wave = (number: number, targets: string): string[] =>
    ['before:link_current_revision', 'link_current_revision', 'after:link_current_revision'].map(
      (what) => `${String(number)}/3 ${what} ${targets}`,
    );
  assert.deepEqual(told, [
    'preflight lock init_directories create_revision create_symlinks',
    ...[...wave(1, '0-1'), '2/3 pause 1-3', ...wave(2, '1-3'), '3/3 pause 3-4', ...wave(3, '3-4')],
    ...['purge_old_revisions', 'complete unlock'],
  ]);
});

test('going back without listeners is one message, and so is staying', () => {
  assert.deepEqual(works(moments(back, playing(3))), [['go_back', 'discard', 'unlock']]);
  assert.deepEqual(works(moments(stay, playing(3))), [
    ['complete', 'unlock'],
    ['go_back', 'discard', 'unlock'],
  ]);
});

test('a failed run with listeners: all are back before any is told, and the lock goes last', () => {
  const all = moments(back, playing(3, { listensTo: () => true }));
  const told = all.map((moment) =>
    moment.kind === 'event' ? moment.event : moment.kind === 'work' ? moment.work : moment.kind,
  );
  assert.deepEqual(told, [
    ...[['go_back'], 'judge', 'after:link_current_revision', ['discard'], 'on:error', ['unlock']],
  ]);
});

test('a dry run and status read only', () => {
  for (const command of commands) {
    const changes = dry[command].filter((work) => !['preflight', 'choose', 'inspect'].includes(work));
    assert.deepEqual(changes, []);
  }
});

test('sessions stay open for what comes after the last message', () => {
  const last = moments(forth.deploy, playing(1, { stays: true })).at(-1);
  assert.ok(last?.kind === 'work' && !last.last);
});
