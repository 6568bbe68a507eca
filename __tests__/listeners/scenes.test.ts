import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorOf } from '../modules/fixture.ts';
import { runs, standFor } from './stand.ts';

const names = ['web1', 'web2', 'db1', 'web3'];

test('a command that runs once does so in the first wave that has a target for it, and anew on the way back', async () => {
  const listeners = [runs(0, 'echo any', { once: true }), runs(1, 'echo db', { once: true, on: 'db*' })];
  await using stand = await standFor(names, listeners);
  const [web1, web2, db1, web3] = stand.places;
  assert.ok(web1 && web2 && db1 && web3);
  await stand.dispatch({ places: [web1], wave: { number: 1, of: 3 } });
  await stand.dispatch({ places: [web2, db1], wave: { number: 2, of: 3 } });
  await stand.dispatch({ places: [web3], wave: { number: 3, of: 3 } });
  await stand.dispatch({ places: [web1, db1], back: true });
  assert.deepEqual(stand.told, [
    ...['group after:link_current_revision, wave 1 of 3', 'info $ echo any', 'output any'],
    ...['info (for db*, of which there is none here) echo db', 'done'],
    ...['group after:link_current_revision, wave 2 of 3', 'info $ echo any', 'info (once, in an earlier wave)'],
    ...['info $ echo db', 'output db1: db', 'done'],
    ...['group after:link_current_revision, wave 3 of 3', 'info $ echo any', 'info (once, in an earlier wave)'],
    ...['info (for db*, of which there is none here) echo db', 'done'],
    ...['group after:link_current_revision, for v2 again', 'info $ echo any', 'output web1: any'],
    ...['info $ echo db', 'output db1: db', 'done'],
  ]);
});

test('commands are told their wave; an event of the whole fleet is its only wave', async () => {
  await using stand = await standFor(['web1'], [runs(0, 'echo "$SHIPPER_WAVE/$SHIPPER_WAVES"')]);
  await stand.dispatch({ wave: { number: 2, of: 3 } });
  await stand.dispatch({});
  assert.deepEqual(
    stand.told.filter((line) => line.startsWith('output')),
    ['output 2/3', 'output 1/1'],
  );
});

test('on the way back every listener is called, and those that fail are warnings', async () => {
  await using stand = await standFor(
    ['web1'],
    [runs(0, 'exit 3'), runs(1, 'exit 4', { on: 'runner' }), runs(2, 'echo third')],
  );
  await stand.dispatch({ back: true });
  assert.deepEqual(stand.told.slice(-3), ['info $ echo third', 'output third', 'failed']);
  const warnings = stand.told.filter((line) => line.startsWith('warning'));
  assert.match(warnings[0] ?? '', /^warning Listener 1 of .* failed on web1: exit status 3$/);
  assert.match(warnings[1] ?? '', /^warning Listener 2 of .* failed on the runner: exit status 4$/);
  const failed = await errorOf(stand.dispatch({}));
  assert.match(failed.message, /^Listener 1 /);
});

test('a failure quotes the last lines of both streams, and ends in no colon', async () => {
  const explains = 'seq 8; echo "what to do"; echo; echo why >&2; exit 1';
  for (const on of [undefined, 'runner']) {
    await using stand = await standFor(['web1'], [runs(0, explains, { on })]);
    const { message } = await errorOf(stand.dispatch({}));
    const [first = '', ...rest] = message.split('\n');
    assert.match(first, /: exit status 1$/);
    assert.deepEqual(rest, ['  │ 5', '  │ 6', '  │ 7', '  │ 8', '  │ what to do', '  │ why']);
  }
});

test('a command that says nothing fails in one line', async () => {
  await using stand = await standFor(['web1'], [runs(0, 'exit 7')]);
  const { message } = await errorOf(stand.dispatch({}));
  assert.match(message, /failed on web1: exit status 7$/);
});

test('the same failure on other targets is one warning, which names them', async () => {
  await using stand = await standFor(names, [runs(0, 'exit 1'), runs(1, 'true')]);
  const { message } = await errorOf(stand.dispatch({}));
  assert.match(message, /on web1: exit status 1$/);
  assert.deepEqual(
    stand.told.filter((line) => line.startsWith('warning')),
    [
      'warning Listener 1 of after:link_current_revision (run exit 1) failed on web2: exit status 1\n(the same on db1, web3)',
    ],
  );
});

test('what a target prints is made visible, and a line without an end is cut', async () => {
  const prints = String.raw`printf '\033[2Jcleared\n\033]0;title\007\n'; head -c 300000 /dev/zero | tr '\0' x; echo; echo end`;
  await using stand = await standFor(['web1', 'web2'], [runs(0, prints, { on: 'web1' })]);
  await stand.dispatch({});
  const lines = stand.told.flatMap((line) => (line.startsWith('output') ? [line.replace(/^output /, '')] : []));
  assert.deepEqual(lines.slice(0, 2), ['web1: ␛[2Jcleared', 'web1: ␛]0;title␇']);
  assert.equal(lines.at(-1), 'web1: end');
  assert.ok(lines.every((line) => line.startsWith('web1: ') && line.length < 140_000));
  assert.equal(lines.join('').match(/x/g)?.length, 300_000);
});
