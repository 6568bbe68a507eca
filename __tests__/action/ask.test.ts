import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { test } from 'node:test';
import { findProgram } from '../rig/program.ts';
import { fixturePath, quiet } from './fixture.ts';

/** A fixture on a terminal of its own; what it shows comes on stdout. */
async function onTerminal(name: string, args: string, env: Readonly<Record<string, string>> = {}): Promise<Terminal> {
  const script = await findProgram('script', 'bsdutils');
  const command = `'${process.execPath}' ${quiet} '${fixturePath(name)}' ${args}`;
  const child = spawn(script, ['-qefc', command, '/dev/null'], { env: { PATH: process.env['PATH'], ...env } });
  return new Terminal(child);
}

class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  #shown = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#shown += text));
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async shows(text: string): Promise<void> {
    while (!this.#shown.includes(text)) await new Promise((resolve) => this.#child.stdout.once('data', resolve));
  }

  async end(): Promise<{ readonly code: number | null; readonly shown: string }> {
    const code = await new Promise<number | null>((resolve) => this.#child.once('close', resolve));
    return { code, shown: this.#shown.replaceAll('\r\n', '\n') };
  }
}

test('on a terminal, a password is asked for and not shown', async () => {
  const terminal = await onTerminal('inputs', '--passphrase --password --host web1');
  await terminal.shows('passphrase: ');
  terminal.type('first\r');
  await terminal.shows('password: ');
  terminal.type('seconx\u007fd\r');
  const { code, shown } = await terminal.end();
  assert.equal(code, 0);
  assert.match(shown, /^passphrase: \npassword: \n\{.*"passphrase":"first","password":"second".*\}\n$/);
});

for (const [key, name] of [
  ['\u0003', 'Ctrl-C'],
  ['\u0004', 'Ctrl-D'],
] as const) {
  test(`${name} at the question ends the run`, async () => {
    const terminal = await onTerminal('inputs', '--password', { NO_COLOR: '1' });
    await terminal.shows('password: ');
    terminal.type(key);
    assert.deepEqual(await terminal.end(), {
      code: 1,
      shown: 'password: \nerror: No password was given; nothing was contacted.\n',
    });
  });
}

test('an empty password is an error', async () => {
  const terminal = await onTerminal('inputs', '--password', { NO_COLOR: '1' });
  await terminal.shows('password: ');
  terminal.type('\r');
  assert.equal((await terminal.end()).shown, 'password: \nerror: The password is empty.\n');
});

test('colours are for terminals, unless NO_COLOR is set', async () => {
  const calls = `'[["error","no"]]' terminal`;
  assert.equal(
    (await (await onTerminal('log', calls, { TERM: 'xterm' })).end()).shown,
    '\u001b[31merror: no\u001b[39m\n',
  );
  assert.equal((await (await onTerminal('log', calls, { TERM: 'xterm', NO_COLOR: '1' })).end()).shown, 'error: no\n');
});
