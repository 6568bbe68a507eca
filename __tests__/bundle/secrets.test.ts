import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { generateKey } from '../rig/keys.ts';
import { run as runProgram } from '../rig/program.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { until } from '../rig/until.ts';
import { logOf, printedIn, refusal, siteOn } from './site.ts';

const passphrase = 'p%25ss "phrase" é';
const password = "pa'ss $(word)";
const server = await startSshd({ userKey: 'ecdsa', passphrase, password });
const keys = await temporaryDirectory('keys');
await copyFile(server.key.file, `${keys.path}/plain`);
await runProgram('ssh-keygen', ['-q', '-p', '-P', passphrase, '-N', '', '-f', `${keys.path}/plain`]);
const plain = readFileSync(`${keys.path}/plain`, 'utf8');
after(async () => {
  await server[Symbol.asyncDispose]();
  await keys[Symbol.asyncDispose]();
});

/** Whatever must be seen nowhere: both forms of the key line by line, and what opens it. */
const secrets = [
  ...[server.keyText, plain].flatMap((text) =>
    text.split('\n').filter((line) => line.length >= 16 && !line.startsWith('-----')),
  ),
  ...[passphrase, password],
].filter((line) => !line.startsWith('b3BlbnNzaC1rZXktdjE')); // Every key file begins like this.
const found = (text: string): readonly string[] => secrets.filter((secret) => text.includes(secret));
const given = { passphrase, password };
const shown = (lines: readonly string[]): string => lines.filter((line) => !line.startsWith('::add-mask::')).join('\n');

/** The command line or the environment of every process of this machine but these. */
function everyProcess(file: 'cmdline' | 'environ', but: readonly (number | undefined)[] = []): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && !but.includes(Number(name)))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/${file}`, 'utf8').replaceAll('\0', '\n');
      } catch {
        return ''; // It ended while we looked.
      }
    })
    .join('\n');
}

const print = 'env; cat "$RUNNER_TEMP"/*; tr "\\0" "\\n" </proc/$$/environ';
const module = `export class Site { constructor(s) { this.s = s }
  async look() { this.s.log.info(JSON.stringify([process.env, process.argv, process.execArgv, this.s])); await this.s.exec('env') } }`;
const wait = 'touch ../here; until [ -e ../go ]; do sleep 0.05; done';
const events = {
  'on:start': [{ run: print, on: 'runner' }, 'hooks.Site.look'],
  'after:create_revision': [
    { run: 'env; tr "\\0" "\\n" </proc/$$/environ' },
    { run: `${print}; echo waits; until [ -e go ]; do sleep 0.05; done`, on: 'runner' },
    { run: `echo waits there; ${wait}` },
  ],
};

test('the secrets of a run are masked first, and seen in no process, no output and no file', async () => {
  await using site = await siteOn(server, { events, files: { 'hooks.mjs': module } });
  const action = await site.start(given);
  await action.printed(/│ waits$/);
  const first = [everyProcess('cmdline'), everyProcess('environ', [action.child.pid])];
  await site.workspace.write({ go: '' });
  await action.printed(/│ waits there$/);
  const second = [everyProcess('cmdline'), everyProcess('environ', [action.child.pid])];
  await site.put('touch revisions/go');
  const run = await action.done;
  assert.equal(run.code, 0, logOf(run));
  assert.ok(printedIn(run).includes('GITHUB_ACTIONS=true'));
  assert.ok(first[1]?.includes('GITHUB_ACTIONS=true') === true && first[0]?.includes('sshd') === true);
  assert.deepEqual([...first, ...second].flatMap(found), []);
  assert.deepEqual(found(shown(run.lines) + run.summary + JSON.stringify(run.outputs)), []);
  assert.doesNotMatch(shown(run.lines), /INPUT_/);
  assert.deepEqual(found(await site.sh('find . -type f -exec cat {} +; find . -printf "%p %l\\n"')), []);

  const last = run.lines.findLastIndex((line) => line.startsWith('::add-mask::'));
  assert.ok(
    run.lines.slice(0, last).every((line) => line.startsWith('::add-mask::') || /^Shipper [\d.]+$/.test(line)),
    logOf(run),
  );
  const masked = [...server.keyText.split('\n').slice(1, -2), passphrase, password];
  assert.deepEqual(
    masked.filter((secret) => !run.masks.includes(secret)),
    [],
  );
  assert.ok(run.masks.some((mask) => /^MH.CAQEE/.test(mask))); // The decrypted key, as ssh2 holds it.
});

describe('no secret is shown by a failure:', { concurrency: 3 }, () => {
  const failures = [
    ['of the passphrase', { passphrase: 'another', key: server.keyText }, 'KEY'],
    ['of the host key', { ...given, 'known-hosts': '' }, 'HOST_KEY'],
    ['of authentication', { ...given, user: 'nobody-of-that-name' }, 'AUTH'],
    ['of a port that holds the key by mistake', { ...given, port: server.keyText }, 'INPUT'],
    ['of known hosts that hold the key by mistake', { ...given, 'known-hosts': server.keyText }, 'INPUT'],
    ['of a host that holds the password by mistake', { ...given, host: password }, 'INPUT'],
  ] as const;
  for (const [name, inputs, code] of failures) {
    test(name, async () => {
      await using site = await siteOn(server);
      const run = await site.run(inputs);
      assert.equal(run.annotations.find(({ level }) => level === 'error')?.title, `Shipper: ${code}`, logOf(run));
      const masked = run.masks.reduce((text, mask) => text.replaceAll(mask, '***'), shown(run.lines));
      assert.deepEqual(found(masked), []);
    });
  }
});

describe('a password', { concurrency: 2 }, () => {
  test('lets a run in where the key does not', async () => {
    await using site = await siteOn(server);
    const stranger = await generateKey(`${keys.path}/stranger`);
    for (const key of ['', stranger.text]) await site.succeed({ key, password });
    await until('sshd logs it', () => server.log().includes('Accepted password'));
    assert.equal(await site.sh('cut -d " " -f 8 revisions/.shipper/journal | sort -u | tr -d "\\n"'), '-');
  });

  test('is sent to nobody whose host key is not known, and once only', async () => {
    await using other = await startSshServer({ authenticate: (context) => context.reject(['password']) });
    await using site = await siteOn(server);
    const inputs = { key: '', password, port: String(other.port) };
    refusal(await site.run(inputs), 'HOST_KEY');
    assert.deepEqual(other.asked, []);
    const message = refusal(await site.run({ ...inputs, 'known-hosts': other.knownHosts }), 'AUTH');
    assert.match(message, /does not let .* in with the password\. .*Check the user and the password\./);
    assert.deepEqual(other.asked, ['none', 'password']);
  });
});
