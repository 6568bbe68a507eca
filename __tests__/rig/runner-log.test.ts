import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKeyValueFile, readRunnerLog } from './runner-log.ts';

test('an annotation has its place and its message, unescaped', () => {
  const { annotations, shown } = readRunnerLog([
    'hello',
    '::error file=shipper.json,line=3,col=7,title=a%3A b%2C c::50%25 of it%0Aon two lines: x::y',
    '::warning::no place',
  ]);
  assert.deepEqual(annotations, [
    {
      level: 'error',
      title: 'a: b, c',
      file: 'shipper.json',
      line: 3,
      column: 7,
      message: '50% of it\non two lines: x::y',
    },
    { level: 'warning', message: 'no place' },
  ]);
  assert.deepEqual(shown, ['hello']);
});

test('between stop-commands and its token nothing is a command', () => {
  const { annotations, masks, shown } = readRunnerLog([
    '::add-mask::secret',
    '::stop-commands::t0ken',
    '::error::not one',
    '::other::',
    '::t0ken::',
    '::notice::one',
  ]);
  assert.deepEqual(annotations, [{ level: 'notice', message: 'one' }]);
  assert.deepEqual(masks, ['secret']);
  assert.deepEqual(shown, ['::error::not one', '::other::']);
});

test('outputs of one line and of many are read', () => {
  assert.deepEqual(readKeyValueFile('a=1=2\nb<<END\ntwo\n\nlines=x\nEND\nc=\n'), {
    a: '1=2',
    b: 'two\n\nlines=x',
    c: '',
  });
});

test('an output file that the runner would refuse is refused', () => {
  assert.throws(() => readKeyValueFile('a<<END\nno end\n'), /miss the end of the output a/);
  assert.throws(() => readKeyValueFile('no value\n'), /would refuse this line/);
});
