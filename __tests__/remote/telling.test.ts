import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { runCommand } from '../../src/remote/command.ts';
import { scriptTarget, whole } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';
import { gone, quick } from './attack.ts';

const upToSwitch = whole.deploy.slice(0, 6);
const back = ['go_back', 'discard', 'unlock'] as const;

/** Everything that any user can read of the processes of this machine, what is packed too. */
function commandLines(): string {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      } catch {
        return []; // It has just ended.
      }
    });
  const packed = lines.flatMap((line) => line.match(/H4sI[\w+/=]{40,}/g) ?? []);
  return [...lines, ...packed.map((word) => gunzipSync(Buffer.from(word, 'base64')).toString())].join('\n');
}

// Most of it is waiting.
describe('what a target tells, and whom', { concurrency: true }, () => {
  for (const shell of someShells('telling')) {
    describe(`under ${shell}`, { concurrency: true }, () => {
      test('two targets of one run that are one directory are named at once', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const first = site.session({ revision: 'v2', token: 'run-twin-0' });
        await first.session.perform(whole.deploy.slice(0, 2));
        const second = site.session({
          revision: 'v2',
          token: 'run-twin-1',
          lockTimeout: 60,
          target: { name: 'there' },
        });
        const start = performance.now();
        await assert.rejects(second.session.perform(whole.deploy), {
          code: 'TARGET',
          message: /one directory for two targets of this run, here and there: name it once/,
        });
        assert.ok(performance.now() - start < 50_000, 'it does not wait for the lock');
        second.session.close();
        const other = site.session({ revision: 'v2', token: 'run-other-1', lockTimeout: 0 });
        await assert.rejects(other.session.perform(whole.deploy), { code: 'LOCKED' });
        other.session.close();
        await first.session.perform(back, { last: true });
      });

      test('a rollback to a revision that shares what is gone says so, and goes there', async () => {
        await using site = await scriptTarget(shell);
        const source = `${site.root}/share`;
        mkdirSync(source, { recursive: true });
        const target = { symlinks: [{ source, path: 'deep/uploads' }] };
        for (const name of ['v1', 'v2']) await site.perform('deploy', name, { target });
        rmSync(source, { recursive: true });
        const { of } = await site.perform('rollback', '', { target });
        const told = `the link deep/uploads of revision v1 leads nowhere: ${source} does not exist`;
        assert.deepEqual(of('warning'), [['choose', told]]);
        assert.equal(site.active(), 'v1');
      });

      test('a dry run tells what stands where the links go', async () => {
        await using site = await scriptTarget(shell);
        const source = `${site.root}/source`;
        mkdirSync(`${source}/uploads`, { recursive: true });
        const links = (paths: readonly string[]) => ({ symlinks: paths.map((path) => ({ source, path })) });
        const config = { sourceDir: source };
        await site.perform('deploy', 'v1', { target: links(['a', 'uploads']) });
        const work = ['preflight', 'inspect'] as const;
        const live = await site.perform('deploy', 'v2', { work, target: links(['a', 'b']) });
        assert.deepEqual(live.of('standing'), [['a', 'link', source]]);
        const copied = await site.perform('deploy', 'v2', { work, config, target: links(['uploads', 'b']) });
        assert.deepEqual(copied.of('standing'), [['uploads', 'directory']]);
      });

      test('with nothing older to roll back to, what can be named is named', async () => {
        await using site = await scriptTarget(shell);
        mkdirSync(`${site.root}/revisions/by hand`, { recursive: true });
        for (const name of ['v1', 'v2', 'v3']) await site.perform('deploy', name);
        for (const name of ['v2', 'v1']) await site.perform('rollback', name);
        await site.perform('prepare', 'waiting');
        await assert.rejects(
          site.perform('rollback'),
          /nothing to roll back to: .*; by name it can go to: v2 v3 by hand$/,
        );
      });

      test('going back alone, every command runs: after one that fails, one in the middle of which a line fails, and one that never ends', async () => {
        await using site = await scriptTarget(shell);
        await site.perform('deploy', 'v1');
        const again = [
          'false',
          'echo begun >>again\nfalse\necho wrong >>again',
          'sleep 1000',
          `echo "it's last" >>again`,
        ];
        const run = site.session({ ...quick, revision: 'v2', again });
        await run.session.perform(upToSwitch);
        run.session.close();
        const file = `${site.root}/revisions/v1/again`;
        for (let tries = 0; tries < 1500 && site.states().includes('lock'); tries += 1) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        assert.equal(readFileSync(file, 'utf8'), "begun\nit's last\n");
      });

      test('a command is `sh -e`, and its text is in no command line and in no file that others can read', async () => {
        await using site = await scriptTarget(shell);
        const words = ['mysql -p', 'known-to-nobody'].join('');
        const run = site.session({ revision: 'v1', again: [`: ${words}`] });
        await run.session.perform(upToSwitch);
        const state = `${site.root}/revisions/.shipper`;
        assert.equal(statSync(state).mode & 0o077, 0);
        assert.equal(statSync(`${state}/runs/${run.token}/again`).mode & 0o077, 0);
        let seen = 'nothing';
        const command = {
          access: { connection: run.connection },
          target: 'here',
          runDirectory: `${state}/runs/${run.token}`,
          id: '1',
          cwd: '',
          command: `: ${words}\nread -r line || echo "empty: $line"\nsleep 1`,
          umask: '022',
          environment: { SHIPPER_HOST: 'here' },
          forwarded: { TOKEN: words },
          onStart: () => {
            for (let tries = 0; tries < 500 && !seen.includes('shipper_command'); tries += 1) seen += commandLines();
          },
          onOutput: async () => Promise.resolve(),
        };
        const { code, stdout } = await runCommand(command);
        assert.deepEqual([code, stdout], [0, 'empty: \n']);
        assert.ok(seen.includes('shipper_command'), 'the command line of the script itself was seen');
        assert.ok(!seen.includes(words));
        const failing = await runCommand({ ...command, id: '2', command: 'echo first; false; echo second' });
        assert.deepEqual([failing.code, failing.stdout], [1, 'first\n']);
        await run.session.perform(back, { last: true });
        await gone(run);
      });

      test('where a group shares the directory, it can read what it needs to settle', async () => {
        await using site = await scriptTarget(shell);
        const run = site.session({ revision: 'v1', again: [':'], config: { umask: '002' } });
        await run.session.perform(upToSwitch);
        const state = `${site.root}/revisions/.shipper`;
        assert.equal(statSync(state).mode & 0o077, 0o070);
        assert.equal(statSync(`${state}/runs/${run.token}/again`).mode & 0o077, 0o060);
        await run.session.perform(back, { last: true });
      });
    });
  }
});
