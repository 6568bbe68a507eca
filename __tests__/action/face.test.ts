import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTerminal } from '../../src/action/face.ts';
import { defaultVariables, start } from './fixture.ts';

const forms: readonly (readonly [readonly string[], Readonly<Record<string, string>>, boolean])[] = [
  [[], { GITHUB_ACTIONS: 'true' }, false],
  [[], { 'INPUT_DRY-RUN': 'true' }, false],
  [[], {}, true],
  [['--help'], {}, true],
  [['--command', 'status'], { GITHUB_ACTIONS: 'true' }, true],
];

for (const [argv, env, terminal] of forms) {
  test(`the arguments ${JSON.stringify(argv)} with ${JSON.stringify(env)} mean ${terminal ? 'a terminal' : 'the action'}`, () => {
    assert.equal(isTerminal(argv, env), terminal);
  });
}

test('in the action, secrets are masked first of all and leave the environment', async () => {
  const env = {
    ...defaultVariables,
    INPUT_KEY: '-----BEGIN KEY-----\nc2VjcmV0IGxpbmU=\n-----END KEY-----',
    INPUT_HOST: 'web1',
  };
  const { code, stdout } = await start('inputs', { env });
  assert.equal(code, 0);
  const [mask, printed = ''] = stdout.split('\n');
  assert.equal(mask, '::add-mask::c2VjcmV0IGxpbmU=');
  const { form, inputs, left } = JSON.parse(printed) as Record<string, unknown>;
  assert.deepEqual([form, (inputs as { host: string }).host, left], ['action', 'web1', []]);
});

test('in the action, wrong inputs are an annotation each', async () => {
  const { code, stdout } = await start('inputs', {
    env: { ...defaultVariables, INPUT_PORT: '0', INPUT_PASSWORD: 'hunter22' },
  });
  assert.equal(code, 1);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    '::add-mask::hunter22',
    '::error title=Shipper%3A INPUT::input "port": must be a whole number from 1 to 65535, not "0"',
  ]);
});
