import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainConnectFailure, NetworkFault, type Attempt } from '../../src/ssh/failure.ts';

const attempt: Attempt = {
  address: { host: 'web1.example.com', port: 22, user: 'deploy' },
  place: 'web1.example.com',
  target: 'web1',
  phase: 'connecting',
  greeting: '',
  offers: new Map(),
  hostKeyTypes: [],
  banner: '',
  passwordSent: false,
};

const failed = (code: string, message = `connect ${code} 192.0.2.1:22`): Error =>
  Object.assign(new Error(message), { code });

const faults: readonly (readonly [cause: Error | undefined, again: boolean, message: RegExp])[] = [
  [failed('ENOTFOUND'), false, /there is no host named web1\.example\.com in the DNS\. Check its spelling/],
  [failed('EAI_AGAIN'), true, /the DNS gave no answer for web1\.example\.com\. Check the runner's network/],
  [failed('ECONNREFUSED'), true, /refuses connections on port 22\. Check that an SSH server runs there/],
  [failed('ETIMEDOUT'), true, /did not answer on port 22 \(connect ETIMEDOUT 192\.0\.2\.1:22\)\. Check .* firewall/],
  [failed('EHOSTUNREACH'), true, /no way from the runner to web1\.example\.com .* have no IPv6/],
  [failed('ENETUNREACH'), true, /no way from the runner/],
  [failed('ECONNRESET'), true, /could not be reached on port 22: connect ECONNRESET/],
  [undefined, true, /could not be reached on port 22: it was closed/],
];
for (const [cause, again, message] of faults) {
  test(`${String(cause)} is ${again ? '' : 'not '}worth another attempt, and says what to do`, () => {
    const error = explainConnectFailure(cause, attempt);
    assert.match(error.message, message);
    assert.deepEqual([error.code, error.target, error.cause], ['CONNECT', 'web1', cause]);
    assert.equal(error instanceof NetworkFault, again);
  });
}

test('a name with several addresses is told with what happened to each', () => {
  const each = [
    failed('ECONNREFUSED', 'connect ECONNREFUSED ::1:22'),
    failed('EHOSTUNREACH', 'connect EHOSTUNREACH 10.0.0.1'),
  ];
  const cause = Object.assign(new AggregateError(each), { code: 'EHOSTUNREACH' });
  const { message } = explainConnectFailure(cause, attempt);
  assert.match(message, /ECONNREFUSED ::1:22; Error: connect EHOSTUNREACH 10\.0\.0\.1/);
});

test('nothing is tried again once authentication began', () => {
  for (const code of ['ECONNRESET', 'ETIMEDOUT', 'EPIPE']) {
    const error = explainConnectFailure(failed(code), { ...attempt, phase: 'authenticating' });
    assert.equal(error instanceof NetworkFault, false);
    assert.match(error.message, /ended during authentication/);
  }
});

test('the words of a server stay on the line, and cannot pass for a command of the workflow', () => {
  const cause = new Error('goodbye\n::error::forged\u001b[2J');
  const { message } = explainConnectFailure(cause, { ...attempt, phase: 'negotiating' });
  assert.match(message, /failed: goodbye ::error::forged \[2J\./);
});
