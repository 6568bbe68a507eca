import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inputNames } from '../../src/action/input-table.ts';
import { type Inputs, type Secrets, readInputs } from '../../src/action/inputs.ts';
import { ShipperError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { defaultVariables } from './fixture.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

const absent = {
  host: undefined,
  user: undefined,
  port: undefined,
  passphrase: undefined,
  password: undefined,
  certificate: undefined,
  knownHosts: undefined,
  fingerprint: undefined,
  proxyJump: undefined,
  proxyCommand: undefined,
  revision: undefined,
};
type All = Inputs & Secrets;
const defaults: All = {
  ...absent,
  command: 'deploy',
  config: 'shipper.json',
  key: 'the key',
  dryRun: false,
  listeners: true,
  connectTimeout: 20,
  lockTimeout: 90,
  concurrency: 50,
};
const hosts = 'web1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5';

function read(variables: Readonly<Record<string, string>>): { inputs: All; warnings: string[]; masked: string[] } {
  const warnings: string[] = [];
  const masked: string[] = [];
  const silent = (): void => undefined;
  const warning = (message: string): number => warnings.push(message);
  const log: Log = { debug: silent, info: silent, notice: silent, warning, error: silent, output: () => undefined };
  const given = readInputs({ ...defaultVariables, ...variables }, log, (secrets) => masked.push(...secrets));
  return { inputs: { ...given.inputs, ...given.secrets }, warnings, masked };
}

function problemsOf(variables: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(variables);
  } catch (error) {
    assert(error instanceof ShipperError);
    assert.equal(error.code, 'INPUT');
    return error.problems.map(({ message }) => message);
  }
  assert.fail('nothing was wrong');
}

const readings: readonly (readonly [string, Readonly<Record<string, string>>, Partial<All>])[] = [
  ['a key alone is enough', {}, {}],
  ['an empty input is an absent one', { INPUT_PORT: '', INPUT_COMMAND: ' ', INPUT_REVISION: '\n' }, {}],
  ['values are trimmed', { INPUT_HOST: ' web1\n', INPUT_PORT: ' 22 ' }, { host: 'web1', port: 22 }],
  ['hyphens stay in the names', { 'INPUT_PROXY-JUMP': 'me@jump' }, { proxyJump: 'me@jump' }],
  [
    'the spellings of YAML are read',
    { 'INPUT_DRY-RUN': 'TRUE', INPUT_LISTENERS: 'False' },
    { dryRun: true, listeners: false },
  ],
  [
    'numbers are read',
    { 'INPUT_CONNECT-TIMEOUT': '1', 'INPUT_LOCK-TIMEOUT': '600', INPUT_CONCURRENCY: '8' },
    { connectTimeout: 1, lockTimeout: 600, concurrency: 8 },
  ],
  ['no time is waited for the lock', { 'INPUT_LOCK-TIMEOUT': '0' }, { lockTimeout: 0 }],
  ['known_hosts lines are taken as they are', { 'INPUT_KNOWN-HOSTS': hosts }, { knownHosts: hosts }],
  ['a password keeps its spaces, not its final line break', { INPUT_PASSWORD: ' a b \n' }, { password: ' a b ' }],
  [
    'a revision can be prepared',
    { INPUT_COMMAND: 'prepare', INPUT_REVISION: 'v1' },
    { command: 'prepare', revision: 'v1' },
  ],
];

for (const [what, variables, expected] of readings) {
  test(`of the inputs, ${what}`, () => {
    const { inputs, warnings } = read({ INPUT_KEY: 'the key', ...variables });
    assert.deepEqual(inputs, { ...defaults, ...expected });
    assert.deepEqual(warnings, []);
  });
}

const rejections: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    'an unknown command',
    { INPUT_COMMAND: 'rolback' },
    'input "command": must be one of deploy, prepare, activate, rollback, adopt, status, not "rolback": did you mean "rollback"?',
  ],
  [
    'a switch that is neither on nor off',
    { 'INPUT_DRY-RUN': 'yes' },
    'input "dry-run": must be true or false, not "yes"',
  ],
  ['a port out of range', { INPUT_PORT: '65536' }, 'input "port": must be a whole number from 1 to 65535, not "65536"'],
  [
    'a number that is none',
    { INPUT_CONCURRENCY: '1e3' },
    'input "concurrency": must be a whole number from 1 to 2147483, not "1e3"',
  ],
  [
    'a timeout of nothing',
    { 'INPUT_CONNECT-TIMEOUT': '0' },
    'input "connect-timeout": must be a whole number from 1 to 2147483, not "0"',
  ],
  [
    'activate without a revision',
    { INPUT_COMMAND: 'activate' },
    'input "revision": activate needs the name of a revision here.',
  ],
  [
    'prepare without a revision',
    { INPUT_COMMAND: 'prepare' },
    'input "revision": prepare needs the name of a revision here.',
  ],
  ['a name with a typo', { INPUT_HOSTS: '' }, 'There is no input "hosts": did you mean "host"?'],
  [
    'a name with an underscore',
    { INPUT_KNOWN_HOSTS: hosts },
    'There is no input "known_hosts": did you mean "known-hosts"?',
  ],
];

for (const [what, variables, message] of rejections) {
  test(`${what} is an error that says what to do`, () => {
    assert.deepEqual(problemsOf({ INPUT_KEY: 'the key', ...variables }), [message]);
  });
}

test('every problem is told at once', () => {
  const problems = problemsOf({
    INPUT_COMMAND: 'x',
    INPUT_PORT: 'x',
    INPUT_LISTENERS: 'x',
    'INPUT_KNOWN-HOSTS': 'none',
  });
  assert.equal(problems.length, 5);
});

test('no key and no password is an error', () => {
  assert.match(problemsOf({})[0] ?? '', /^input "key": is empty, and so is "password"/);
  assert.equal(read({ INPUT_PASSWORD: 'hunter22' }).inputs.key, undefined);
});

test('an unknown name that is near none is a warning, unless it is empty', () => {
  const { warnings } = read({ INPUT_KEY: 'the key', INPUT_TOKEN: 'secret value', INPUT_COLOUR: '' });
  assert.deepEqual(warnings, [`There is no input "token"; it is ignored. Known are: ${inputNames.join(', ')}.`]);
});

test('secrets are handed to the mask even if the inputs are wrong, the word agent is not', () => {
  assert.deepEqual(read({ INPUT_KEY: 'agent', INPUT_PASSPHRASE: 'p4ss', INPUT_PASSWORD: 'w0rd' }).masked, [
    'p4ss',
    'w0rd',
  ]);
});

test('every INPUT_ variable leaves the environment, in an error too', () => {
  const env: NodeJS.ProcessEnv = { INPUT_KEY: 'k', INPUT_PORT: 'x', INPUT_OTHER: 'y', HOME: '/root' };
  const silent = (): void => undefined;
  const log: Log = {
    debug: silent,
    info: silent,
    notice: silent,
    warning: silent,
    error: silent,
    output: () => undefined,
  };
  assert.throws(() => readInputs(env, log, silent));
  assert.deepEqual(env, { HOME: '/root' });
});

test('known-hosts and certificate may be the path of a file in the workspace, and of none outside', async () => {
  await using directory = await temporaryDirectory('known-hosts');
  const workspace = join(directory.path, 'workspace');
  mkdirSync(workspace);
  writeFileSync(join(workspace, 'hosts'), hosts);
  writeFileSync(join(directory.path, 'secret'), 'secret');
  symlinkSync('../secret', join(workspace, 'link'));
  const readHosts = (value: string): string | undefined =>
    read({ INPUT_KEY: 'agent', GITHUB_WORKSPACE: workspace, 'INPUT_KNOWN-HOSTS': value }).inputs.knownHosts;

  assert.equal(readHosts('hosts'), hosts);
  assert.equal(readHosts(join(workspace, 'hosts')), hosts);
  for (const outside of ['../secret', 'link', join(directory.path, 'secret')]) {
    assert.throws(() => readHosts(outside), /nor a file in the workspace: it is .*outside the workspace/);
  }
  assert.throws(() => readHosts('missing'), /it does not exist/);
  const certificate = (value: string): string | undefined =>
    read({ INPUT_KEY: 'agent', GITHUB_WORKSPACE: workspace, INPUT_CERTIFICATE: value }).inputs.certificate;
  assert.equal(certificate('hosts'), hosts, 'a certificate may be such a path too');
  for (const text of ['ssh-ed25519-cert-v01@openssh.com AAAA', 'A'.repeat(120)]) assert.equal(certificate(text), text);
  assert.throws(() => certificate('../secret'), /"certificate": is neither .* nor a file .*outside the workspace/);
  const fingerprint = '256 SHA256:abc root@web1 (ED25519)';
  assert.equal(readHosts(fingerprint), fingerprint, 'a fingerprint is no path');
});

test('known-hosts as Windows PowerShell writes them, in UTF-16, are read', async () => {
  await using directory = await temporaryDirectory('known-hosts');
  const little = Buffer.from(`\uFEFF${hosts}\r\n`, 'utf16le');
  writeFileSync(join(directory.path, 'little'), little);
  writeFileSync(join(directory.path, 'big'), Buffer.from(little).swap16());
  for (const file of ['little', 'big']) {
    const given = { INPUT_KEY: 'agent', GITHUB_WORKSPACE: directory.path, 'INPUT_KNOWN-HOSTS': file };
    assert.equal(read(given).inputs.knownHosts, `${hosts}\r\n`);
  }
});
