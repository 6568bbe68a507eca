import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, origin, timed } from '../../src/action/face-log.ts';
import { type Ended, start } from './fixture.ts';
import type { Call } from './fixtures/log.ts';

const told = async (form: string, calls: readonly Call[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  start('log', { args: [JSON.stringify(calls), form], env });

const story: readonly Call[] = [
  ['debug', 'seen by few'],
  ['info', 'two\nlines'],
  ['group', 'Prepare'],
  ['step', 'init_directories', 12],
  ['output', 'half a'],
  ['output', ' line\r\n::error::not ours'],
  ['end', 'done'],
  ['notice', 'it is live'],
  ['warning', '50% full'],
];

test('the action tells groups, steps and annotations as the runner expects them', async () => {
  const { stdout, stderr } = await told('action', story, { RUNNER_DEBUG: '1' });
  assert.equal(stderr, '');
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    '::debug::seen by few',
    'two',
    '    lines',
    '::group::Prepare',
    '  init_directories             …    12 ms',
    '  │ half a line',
    '  │ ::error::not ours',
    '::endgroup::',
    '✓ Prepare                      …    1.2 s',
    '::notice::it is live',
    '::warning::50%25 full',
  ]);
});

test('a terminal gets the same in plain text, warnings on stderr', async () => {
  const { stdout, stderr } = await told('terminal', story);
  assert.equal(stderr, 'warning: 50% full\n');
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'two',
    '    lines',
    'Prepare',
    '  init_directories             …    12 ms',
    '  │ half a line',
    '  │ ::error::not ours',
    '✓ Prepare                      …    1.2 s',
    'it is live',
  ]);
});

const failure: Call = [
  'fail',
  [{ message: 'unknown key "hots"', at: { file: 'shipper.json', line: 3, column: 5 } }, { message: 'no target' }],
];

test('in the action, a failure is one annotation for each cause, at its place, outside of any group', async () => {
  const { stdout } = await told('action', [['group', 'Read'], failure]);
  assert.deepEqual(stdout.trimEnd().split('\n').slice(1), [
    '::endgroup::',
    '✗ Read                         …    1.2 s',
    '::error title=Shipper%3A CONFIG,file=shipper.json,line=3,endLine=3,col=5::unknown key "hots"',
    '::error title=Shipper%3A CONFIG::no target',
  ]);
});

test('in a terminal, a failure names the place before the cause, on stderr', async () => {
  const { stdout, stderr } = await told('terminal', [failure]);
  assert.equal(stdout, '');
  assert.equal(stderr, 'shipper.json:3:5: unknown key "hots"\nerror: no target\n');
});

for (const form of ['action', 'terminal']) {
  test(`a failure that nobody foresaw is told with its stack: ${form}`, async () => {
    const { stdout, stderr } = await told(form, [['fail', 'oops']]);
    assert.match(stdout + stderr, /Error: oops.* at .*log\.ts/s);
  });

  test(`what is quoted in a message cannot act as a workflow command: ${form}`, async () => {
    const { stdout, stderr } = await told(form, [['info', 'a\n ::add-mask::b\r::error::c\nd ##[error]e']]);
    assert.equal(stdout + stderr, 'a\n│      ::add-mask::b\n│     ::error::c\n    d # #[error]e\n');
  });

  test(`closing prints what has no line break yet and ends the group, once: ${form}`, async () => {
    const { stdout } = await told(form, [['group', 'G'], ['output', 'last'], ['close'], ['end', 'done'], ['close']]);
    assert.match(stdout, / {2}│ last\n(?:::endgroup::\n)?✓ G +… +1\.2 s\n$/);
  });

  test(`a second group ends the first: ${form}`, async () => {
    const { stdout } = await told(form, [
      ['group', 'A'],
      ['group', 'B'],
      ['end', 'failed'],
    ]);
    assert.match(stdout, /✓ A .*\n(?:::group::)?B\n(?:::endgroup::\n)?✗ B /);
  });
}

test('of many causes, the last annotation says how many more are in the log', async () => {
  const at = { file: 'shipper.json', line: 1, column: 2 };
  const { stdout } = await told('action', [
    ['fail', Array.from({ length: 12 }, (_, index) => ({ message: `cause ${index + 1}`, at }))],
    ['warning', 'another kind'],
  ]);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.filter((line) => line.startsWith('::error ')).length, 10);
  assert.match(lines[9] ?? '', /::cause 10%0A\(and 2 more, in the log\)$/);
  assert.deepEqual(lines.slice(10), [
    'error: shipper.json:1:2: cause 11',
    'error: shipper.json:1:2: cause 12',
    '::warning::another kind',
  ]);
});

test('a failure has its annotation, whatever was told before; the last place says how many more there are', async () => {
  const many = (kind: 'error' | 'warning'): Call[] =>
    Array.from({ length: 12 }, (_, index) => [kind, `${kind} ${index + 1}`]);
  const { stdout } = await told('action', [
    ...many('error'),
    ...many('warning'),
    ['fail', [{ message: 'why' }]],
    ['close'],
  ]);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.filter((line) => line.startsWith('::error')).length, 10);
  assert.ok(lines.includes('::error title=Shipper%3A CONFIG::why'));
  assert.ok(lines.includes('error: error 12') && lines.includes('warning: warning 12'));
  assert.equal(lines.filter((line) => line.startsWith('::warning')).length, 10);
  assert.equal(lines.at(-1), '::warning::3 more warnings are in the log of this step.');
});

test('warnings that differ in nothing but the target are one annotation', async () => {
  const { stdout } = await told('action', [
    ...['web1', 'web2', 'web3'].map((name): Call => ['warning', `${name}: the link dangles`, name]),
    ['warning', 'web2: another', 'web2'],
  ]);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    '::warning::web1: the link dangles',
    'warning: web2: the link dangles',
    'warning: web3: the link dangles',
    '::warning::web2: another',
  ]);
});

for (const form of ['action', 'terminal']) {
  test(`escape sequences and line breaks of others are seen and not obeyed: ${form}`, async () => {
    const odd = 'web\u001b[2J\u009b31m\u202e\n✓ link_current_revision … 1 ms';
    const calls: Call[] = [['info', odd], ['warning', odd], ['group', odd], ['fail', [{ message: odd }]], ['close']];
    const { stdout, stderr } = await told(form, calls);
    const all = stdout + stderr;
    // eslint has a rule against control characters in patterns, so they are looked for one by one.
    assert.deepEqual(
      Array.from(all).filter((each) => each < ' ' && each !== '\n'),
      [],
    );
    assert.ok(!all.includes('\u009b') && !all.includes('\u202e'));
    assert.match(all, /web␛\[2J‹U\+009B›31m‹U\+202E›/);
    assert.ok(all.split('\n').every((line) => !line.startsWith('✓ link')));
  });
}

test('debug lines are written only when asked for', async () => {
  assert.equal((await told('verbose terminal', [['debug', 'detail']])).stdout, 'detail\n');
  for (const form of ['action', 'terminal']) assert.equal((await told(form, [['debug', 'detail']])).stdout, '', form);
});

test('durations are short', () => {
  const cases = [
    [0.4, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [1234, '1.2 s'],
    [59_949, '59.9 s'],
    [59_960, '1 min 0 s'],
    [125_000, '2 min 5 s'],
  ] as const;
  assert.deepEqual(
    cases.map(([milliseconds]) => duration(milliseconds)),
    cases.map(([, text]) => text),
  );
  assert.equal(timed('x', 1).length, timed('link_current_revision', 59_900).length);
});

test('of a cause, the debug log gets the place and never the message', () => {
  try {
    JSON.parse('{"secret\n    value');
  } catch (error) {
    assert(error instanceof SyntaxError);
    assert.match(origin(error), /^Caused by SyntaxError\n +at .*log\.test\.ts/s);
    assert.doesNotMatch(origin(error), /secret|value/);
  }
});
