import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFlags } from '../../src/action/flags.ts';
import { help } from '../../src/action/help.ts';
import { inputNames } from '../../src/action/input-table.ts';
import type { Given, Inputs, Secrets } from '../../src/action/inputs.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { type Start, start } from './fixture.ts';

const lines: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['--host web1 --port 2222', { host: 'web1', port: '2222' }],
  ['--host=web1 --revision=a=b', { host: 'web1', revision: 'a=b' }],
  ['--dry-run --host web1', { 'dry-run': 'true', host: 'web1' }],
  ['--dry-run true --host web1', { 'dry-run': 'true', host: 'web1' }],
  ['--dry-run=false', { 'dry-run': 'false' }],
  ['--no-listeners', { listeners: 'false' }],
  ['--listeners false --host web1', { listeners: 'false', host: 'web1' }],
  ['--listeners', { listeners: 'true' }],
  ['--revision=--odd', { revision: '--odd' }],
  ['--revision= --user=me', { user: 'me' }],
];

for (const [line, expected] of lines) {
  test(`the command line ${line} is read`, () => {
    const { given, problems } = readFlags(line.split(' '));
    assert.deepEqual(Object.fromEntries(given), expected);
    assert.deepEqual(problems, []);
  });
}

const stray = 'One argument belongs to no flag; --help lists them, --password and --passphrase take none.';
const mistakes: readonly (readonly [string, readonly string[]])[] = [
  ['--hosts web1', ['There is no flag --hosts: did you mean "--host"?']],
  ['--dryrun --colour red', ['There is no flag --dryrun: did you mean "--dry-run"?', 'There is no flag --colour']],
  ['--no-host', ['There is no flag --no-host: did you mean "--host"?']],
  ['-x', ['There is no flag -x']],
  ['--host', ['--host needs a value.']],
  ['--host --dry-run', ['--host needs a value.']],
  ['--host a --host b', ['--host is given twice. Separate targets with commas.']],
  ['--no-listeners --listeners', ['--listeners is given twice.']],
  ['--password=hunter2', ['--password takes no value, which others could read: it asks.']],
  ['--password hunter2', [stray]],
  ['--listeners no', [stray]],
  ['rollback', ['"rollback" belongs to no flag: did you mean "--command rollback"?']],
];

for (const [line, expected] of mistakes) {
  test(`the command line ${line} is a mistake, told without any secret`, () => {
    assert.deepEqual(
      readFlags(line.split(' ')).problems.map(({ message }) => message),
      expected,
    );
  });
}

test('the help has every input, aligned and in few columns', () => {
  const rows = help()
    .split('\n')
    .filter((line) => line.startsWith('  --'));
  assert.deepEqual(
    rows.map((row) => /--(?:no-)?(\S+)/.exec(row)?.[1]),
    [...inputNames, 'help', 'version'],
  );
  assert.equal(new Set(rows.map((row) => /^ {2}--\S+(?: VALUE)? +/.exec(row)?.[0].length)).size, 1);
  assert(rows.every((row) => row.length <= 120));
});

test('--help and --version print and read nothing, wherever they stand', async () => {
  assert.equal((await start('inputs', { args: ['--port', 'x', '--help'] })).stdout, help());
  const { code, stdout } = await start('inputs', { args: ['--version'] });
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

async function inputsOf(options: Start): Promise<Inputs & Secrets> {
  const { stdout, stderr } = await start('inputs', options);
  assert.equal(stderr, '');
  return all(JSON.parse(stdout) as Given);
}

const all = ({ inputs, secrets }: Given): Inputs & Secrets => ({ ...inputs, ...secrets });

test('a terminal reads key and known hosts from files, ~ included', async () => {
  await using home = await temporaryDirectory('home');
  mkdirSync(join(home.path, '.ssh'));
  writeFileSync(join(home.path, '.ssh/known_hosts'), 'the default');
  writeFileSync(join(home.path, 'hosts'), 'the others');
  writeFileSync(join(home.path, 'id'), 'the key');
  const env = { HOME: home.path };

  const plain = await inputsOf({ args: ['--host', 'web1'], env });
  assert.deepEqual([plain.key, plain.knownHosts, plain.command], ['agent', 'the default', 'deploy']);
  const named = await inputsOf({ args: ['--key=~/id', '--known-hosts', join(home.path, 'hosts')], env });
  assert.deepEqual([named.key, named.knownHosts], ['the key', 'the others']);
  assert.equal(named.certificateBeside, undefined);
  writeFileSync(join(home.path, 'id-cert.pub'), 'the certificate');
  const beside = await inputsOf({ args: ['--key=~/id'], env });
  assert.deepEqual([beside.certificateBeside, beside.certificate], ['the certificate', undefined]);
  const given = await inputsOf({ args: ['--key=~/id', '--certificate=~/id-cert.pub'], env });
  assert.deepEqual([given.certificateBeside, given.certificate], [undefined, 'the certificate']);
  const printed = await inputsOf({ args: ['--fingerprint', 'SHA256:x'], env });
  assert.deepEqual([printed.fingerprint, printed.knownHosts], ['SHA256:x', undefined]);
  assert.equal((await inputsOf({ args: ['--user', 'me'], env: { HOME: '/nowhere' } })).knownHosts, undefined);
});

test('a command line with several mistakes tells them all before it asks for anything', async () => {
  const { code, stdout, stderr } = await start('inputs', {
    args: ['--command', 'activate', '--port', 'x', '--hosts=1', '--key', '/nowhere/id', '--password'],
  });
  assert.deepEqual([code, stdout], [1, '']);
  assert.deepEqual(stderr.trimEnd().split('\n'), [
    'error: There is no flag --hosts: did you mean "--host"?',
    "error: --key: ENOENT: no such file or directory, open '/nowhere/id'",
    'error: --port: must be a whole number from 1 to 65535, not "x"',
    'error: --revision: activate needs the name of a revision here.',
  ]);
});

test('a start without flags does nothing, where a deploy would be too easy', async () => {
  const { code, stderr } = await start('inputs');
  assert.deepEqual(
    [code, stderr],
    [1, 'error: Say what to do, for example --command status; --help lists the flags.\n'],
  );
});

test('without a terminal, one line of stdin answers each question, and stdin may stay open', async () => {
  const inputs = await inputsOf({ args: ['--passphrase', '--password'], stdin: 'first one\nsecond\nmore' });
  assert.deepEqual([inputs.passphrase, inputs.password, inputs.key], ['first one', 'second', undefined]);
});

test('too few lines on stdin are an error', async () => {
  const { code, stderr } = await start('inputs', { args: ['--password'] });
  assert.deepEqual([code, stderr], [1, 'error: There is no password on the standard input: it takes one line.\n']);
});
