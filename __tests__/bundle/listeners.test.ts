import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isRunning } from '../rig/processes.ts';
import { startSshd } from '../rig/sshd.ts';
import { errorsOf, logOf, printedIn, refusal, siteOn, warningsOf } from './site.ts';

const server = await startSshd();
after(async () => server[Symbol.asyncDispose]());

const builds = [
  ...['before:init_directories', 'after:init_directories', 'before:create_revision', 'after:create_revision'],
  ...['before:create_symlinks', 'after:create_symlinks'],
];
const switches = [
  ...['before:link_current_revision', 'after:link_current_revision'],
  ...['before:purge_old_revisions', 'after:purge_old_revisions'],
];
const ends = ['before:completion', 'after:completion'];
const back = ['before:rollback', 'after:link_current_revision', 'after:rollback'];
const all = ['on:start', ...builds, 'before:rollback', ...switches, 'after:rollback', ...ends, 'on:error'];

/** A listener on each of these events. */
const on = (events: readonly string[], ...listeners: readonly object[]): object =>
  Object.fromEntries(events.map((event) => [event, listeners]));

describe('events', { concurrency: 3 }, () => {
  test('come in their order, each where its command has it', async () => {
    const events = on(all, { run: 'echo "$SHIPPER_EVENT of $SHIPPER_COMMAND"', on: 'runner' });
    await using site = await siteOn(server, { events });
    const expected = {
      deploy: ['on:start', ...builds, ...switches, ...ends],
      prepare: ['on:start', ...builds, ...ends],
      activate: ['on:start', ...switches, ...ends],
      rollback: ['on:start', ...back, ...ends],
      status: [],
    };
    for (const [command, order] of Object.entries(expected)) {
      const revision = { deploy: 'v1', prepare: 'v2', activate: 'v2' }[command];
      const printed = printedIn(await site.succeed({ command, revision }));
      assert.deepEqual(
        printed,
        order.map((event) => `${event} of ${command}`),
      );
    }
    for (const input of ['listeners', 'dry-run']) {
      const quiet = await site.succeed({ [input]: String(input === 'dry-run'), revision: 'v3' });
      assert.deepEqual(printedIn(quiet), []);
    }
    assert.equal(await site.active(), 'v3');
  });

  const variables = { run: 'env | grep ^SHIPPER_ | sort' };
  const variablesOf = (site: { readonly base: string }, values: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries({ ACTIVE_SYMLINK: `${site.base}/current`, WAVE: '1', WAVES: '1', ...values })
      .map(([name, value]) => `SHIPPER_${name}=${value}`)
      .sort();

  test('tell commands on the target where they are', async () => {
    const events = on(['after:create_revision', 'after:link_current_revision', 'before:rollback'], variables);
    await using site = await siteOn(server, { events });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    const path = (name: string): string => `${site.base}/revisions/${name}`;
    const common = { HOST: '127.0.0.1', COMMAND: 'deploy' };
    const second = { ...common, REVISION: 'v2', REVISION_PATH: path('v2'), PREVIOUS_REVISION: 'v1' };
    assert.deepEqual(printedIn(await site.succeed({ revision: 'v2' })), [
      ...variablesOf(site, { ...second, EVENT: 'after:create_revision' }),
      ...variablesOf(site, { ...second, EVENT: 'after:link_current_revision' }),
    ]);
    const first = {
      HOST: '127.0.0.1',
      COMMAND: 'rollback',
      REVISION: 'v1',
      REVISION_PATH: path('v1'),
      PREVIOUS_REVISION: 'v2',
    };
    assert.deepEqual(printedIn(await site.succeed({ command: 'rollback' })), [
      ...variablesOf(site, { ...first, EVENT: 'before:rollback' }),
      ...variablesOf(site, { ...first, EVENT: 'after:link_current_revision' }),
    ]);
  });

  test('tell commands on the runner the hosts, and run them in the workspace', async () => {
    const events = {
      'on:start': [
        { ...variables, on: 'runner' },
        { run: 'pwd', on: 'runner' },
      ],
    };
    await using site = await siteOn(server, { events });
    assert.deepEqual(printedIn(await site.succeed({ revision: 'v1' })), [
      ...variablesOf(site, {
        ...{ HOSTS: '127.0.0.1', COMMAND: 'deploy', EVENT: 'on:start', PREVIOUS_REVISION: '' },
        ...{ REVISION: 'v1', REVISION_PATH: `${site.base}/revisions/v1` },
      }),
      site.workspace.path,
    ]);
  });
});

describe('a command', { concurrency: 3 }, () => {
  test('runs in the revision, in the order of its list, with an empty stdin, no terminal and the umask', async () => {
    const run = ['pwd', 'cat; tty', 'umask', 'echo $0 $#; echo "$LC_ALL"', 'date > built'];
    const events = { 'after:create_revision': run.map((each) => ({ run: each, allow_failure: true })) };
    await using site = await siteOn(server, { events, config: { umask: '027' } });
    const printed = printedIn(await site.succeed({ revision: 'v1' }));
    assert.deepEqual(printed, [`${site.base}/revisions/v1`, 'not a tty', '0027', 'sh 0', '']);
    assert.match(await site.sh("stat -c '%a %U' revisions/v1/built"), new RegExp(`^640 ${server.user}$`));
  });

  test('that is for other targets, or for one only, runs there alone', async () => {
    const says = 'echo "$SHIPPER_HOST"';
    const events = {
      'after:create_revision': [
        { run: says, once: true },
        { run: says, on: 'b*' },
        { run: says, on: 'a*,c,!c' },
      ],
      'before:completion': [{ run: 'echo "$SHIPPER_HOSTS"', on: 'runner' }],
    };
    await using site = await siteOn(server);
    const targets = ['a1', 'b1', 'b2'].map((name) => ({ host: server.host, name, base_dir: `${site.base}/${name}` }));
    await site.workspace.configure({ events, config: { targets, sync: false } });
    const printed = printedIn(await site.succeed({ host: '' }));
    assert.deepEqual(
      [...printed.slice(0, 1), ...printed.slice(1, 3).toSorted(), ...printed.slice(3)],
      [...['a1: a1', 'b1: b1', 'b2: b2', 'a1: a1', 'a1,b1,b2']],
    );
  });

  const failing: readonly [string, RegExp][] = [
    ['exit 3', /: exit status 3$/],
    ['nonsuch-command', /: exit status 127[^]*PATH is \//],
    ['kill -KILL $$', /: exit status 137/],
    ['kill -TERM 0', /: it was ended by signal SIGTERM$/],
  ];

  test('that fails, whichever way it ends, fails the run and is named', async () => {
    await using site = await siteOn(server);
    await site.succeed({ revision: 'v1' });
    for (const [run, says] of failing) {
      await site.workspace.configure({
        config: { base_dir: site.base },
        events: { 'after:create_revision': [{ run }] },
      });
      const message = refusal(await site.run({ revision: 'v2' }), 'LISTENER');
      assert.ok(message.startsWith(`Listener 1 of after:create_revision (run ${run}) failed on 127.0.0.1: `), message);
      assert.match(message, says);
    }
    assert.equal(await site.sh('ls revisions; basename "$(readlink current)"'), 'v1\nv1');
  });

  for (const where of ['target', 'runner'] as const) {
    test(`that fails on the ${where}, whichever way it ends, may do so by allow_failure`, async () => {
      const place = where === 'runner' ? { on: 'runner' } : {};
      const commands = [...failing.map(([run]) => ({ run })), { run: 'sleep 300', timeout: 0.2 }];
      const listeners = commands.map((each) => ({ ...each, ...place, allow_failure: true }));
      await using site = await siteOn(server, { events: { 'after:create_revision': listeners } });
      assert.equal(warningsOf(await site.succeed()).length, commands.length);
    });
  }

  test('that prints what looks like workflow commands cannot give any', async () => {
    const hostile = [
      ...['::error::x', '  ::warning::x', '::set-output name=result::x', '::add-mask::v1', '::stop-commands::x'],
      ...[
        '\\r::error::x',
        '\\342\\200\\213::error::x',
        '##[error]x',
        'a ##[warning]x',
        '::endgroup::',
        '\\001::notice::x',
      ],
    ];
    const prints = hostile
      .map((line) => `printf '${line}\\n'; printf '${line}\\n' >&2`)
      .concat(': <<END', ...hostile, 'END')
      .join('\n');
    const events = {
      'after:create_revision': [{ run: prints }, { run: prints, on: 'runner' }, 'hooks.Site.print'],
      'after:completion': [{ run: `${prints}\nexit 1` }],
    };
    const module = `export class Site { constructor(s) { this.s = s }
      async print() { const [{ stdout }] = await this.s.run(${JSON.stringify(prints)}); this.s.log.info(stdout); } }`;
    await using site = await siteOn(server, { events, files: { 'hooks.mjs': module } });
    const run = await site.succeed({ revision: 'v1' });
    assert.deepEqual(
      run.annotations.map(({ level }) => level),
      ['warning'],
      logOf(run),
    );
    assert.deepEqual(
      run.masks.filter((mask) => mask === 'v1'),
      [],
    );
    assert.equal(run.result?.status, 'succeeded');
    assert.equal(run.lines.filter((line) => line === '::endgroup::').length, 2);
    assert.doesNotMatch(run.stdout.replace(/^::warning.*$/m, ''), /##\[/);
  });

  test('that leaves a daemon behind does not hold up the run, and the daemon lives', async () => {
    const events = {
      'after:create_revision': [{ run: 'sleep 300 & echo $!' }, { run: 'setsid sleep 300 & echo $!' }],
      'after:completion': [{ run: 'sleep 300 & echo $!', on: 'runner' }],
    };
    await using site = await siteOn(server, { events });
    const run = await site.succeed();
    assert.ok(run.milliseconds < 100_000, `${run.milliseconds} ms`);
    const daemons = printedIn(run).map(Number);
    assert.deepEqual(
      daemons.map((pid) => pid > 1 && isRunning(pid)),
      [true, true, true],
    );
    daemons.forEach((pid) => process.kill(pid));
  });
});

describe('a timeout ends the command and all of its process group', { concurrency: 4 }, () => {
  const run = 'sleep 300 & echo $!; trap "" TERM; sleep 300; sleep 300';
  for (const event of ['before:init_directories', 'after:create_revision', 'before:completion', 'after:completion']) {
    for (const where of event === 'after:create_revision' ? (['target', 'runner'] as const) : (['target'] as const)) {
      test(`in ${event} on the ${where}`, async () => {
        const listener = { run, timeout: 3, ...(where === 'runner' ? { on: 'runner' } : {}) };
        await using site = await siteOn(server, { events: { [event]: [listener] } });
        const action = await site.start();
        await action.printed(/^ {2}│ \d+$/);
        const patience = setTimeout(() => action.child.kill('SIGKILL'), 60_000);
        const log = await action.done;
        clearTimeout(patience);
        const left = printedIn(log)
          .map(Number)
          .filter((pid) => isRunning(pid));
        left.forEach((pid) => process.kill(pid));
        assert.deepEqual([left, log.signal], [[], null], logOf(log));
        const told = event === 'after:completion' ? warningsOf(log).join() : refusal(log, 'LISTENER');
        assert.match(told, /it was stopped after its timeout of 3 s/);
      });
    }
  }
});

describe('variables by env', { concurrency: 3 }, () => {
  const value = ' a \'quoted" $(touch x) `y` \\n é\n~ second line*\n\n';

  test('reach their command exactly, and nothing else', async () => {
    const seen =
      'case $(cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n") in *"$TOKEN"*) echo seen ;; *) echo unseen ;; esac';
    const bytes = 'printf %s "$TOKEN" | od -An -v -tx1 | tr -d " \\n"; echo';
    const events = { 'after:create_revision': [{ run: `${bytes}; ${seen}`, env: ['TOKEN'] }, { run: bytes }] };
    await using site = await siteOn(server, { events });
    const run = await site.succeed({}, { TOKEN: value });
    assert.deepEqual(printedIn(run), [Buffer.from(value).toString('hex'), 'unseen', '']);
    assert.equal(await site.sh('grep -rl "second line" . | wc -l'), '0');
  });

  test('may have any name, those of the target’s script too', async () => {
    const names =
      'script run pid_file value directory forwarded status word rest line lang step state home token key host'.split(
        ' ',
      );
    const print = names.map((name) => `echo "$${name}"`).join('; ');
    await using site = await siteOn(server, { events: { 'after:create_revision': [{ run: print, env: names }] } });
    const values = Object.fromEntries(names.map((name) => [name, `echo the ${name} was run as a command`]));
    assert.deepEqual(printedIn(await site.succeed({}, values)), Object.values(values));
  });

  for (const name of ['MISSING', 'constructor', '__proto__']) {
    test(`that the runner does not have (${name}) are an error before anything is contacted`, async () => {
      await using site = await siteOn(server, { events: { 'after:create_revision': [{ run: 'true', env: [name] }] } });
      assert.match(
        refusal(await site.run(), 'CONFIG'),
        new RegExp(`the variable ${name} of "env" is not set on the runner`),
      );
      assert.equal(await site.tree(), '');
    });
  }
});

describe('output', { concurrency: 3 }, () => {
  const peak = { run: 'sed -n "s/^VmHWM:[^0-9]*\\([0-9]*\\).*/peak \\1/p" /proc/$PPID/status', on: 'runner' };

  test('of 20 MB arrives whole, in lines and without any', async () => {
    const line = 'x'.repeat(999);
    const run = [`yes ${line} | head -n 20000`, 'head -c 20000000 /dev/zero | tr "\\0" y', 'echo; echo end'];
    await using site = await siteOn(server, {
      events: { 'after:create_revision': run.map((each) => ({ run: each })) },
    });
    const printed = printedIn(await site.succeed());
    assert.equal(printed.filter((each) => each === line).length, 20_000);
    assert.equal(printed.join('').replace(/[^y]/g, '').length, 20_000_000);
    assert.ok(printed.includes('end'));
  });

  test('does not pile up in memory while the log is read slowly', async () => {
    const run = `yes ${'x'.repeat(999)} | head -n 60000`;
    await using site = await siteOn(server, { events: { 'after:create_revision': [peak, { run }, peak] } });
    const printed = printedIn(await site.succeed());
    const [before = 0, then = 0] = printed.flatMap((each) => /^peak (\d+)$/.exec(each)?.[1] ?? []).map(Number);
    assert.ok(before > 0 && then - before < 150_000, `${before} kB, ${then} kB`);
  });

  test('is shown while the command runs', async () => {
    const waits = 'printf "early\\n"; until [ -e go ]; do sleep 0.05; done; echo late';
    await using site = await siteOn(server, { events: { 'after:create_revision': [{ run: waits }] } });
    const action = await site.start({ revision: 'v1' });
    await action.printed(/│ early$/);
    await site.sh('touch revisions/v1/go');
    assert.deepEqual(printedIn(await action.done), ['early', 'late']);
  });
});

describe('a failure', { concurrency: 3 }, () => {
  const note = { run: 'echo "$SHIPPER_EVENT $SHIPPER_REVISION after $SHIPPER_PREVIOUS_REVISION"' };

  test('before the switch tells on:error, on the target and on the runner, and goes nowhere', async () => {
    const events = {
      ...on(all, note),
      'on:start': [],
      'after:create_symlinks': [{ run: 'exit 1' }],
      'on:error': [note, { ...note, on: 'runner' }],
    };
    await using site = await siteOn(server, { events });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    const run = await site.run({ revision: 'v2' });
    refusal(run, 'LISTENER');
    assert.deepEqual(warningsOf(run), []);
    assert.deepEqual(printedIn(run).slice(-2), ['on:error v2 after v1', 'on:error v2 after v1']);
    assert.deepEqual([run.result?.status, await site.active(), await site.sh('ls revisions')], ['failed', 'v1', 'v1']);
  });

  test('after the switch goes back, runs after:link_current_revision again, then on:error', async () => {
    const events = {
      'after:link_current_revision': [note],
      'before:completion': [{ run: 'exit 1' }],
      'on:error': [note],
    };
    await using site = await siteOn(server, { events });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    const run = await site.run({ revision: 'v2' });
    refusal(run, 'LISTENER');
    assert.deepEqual(printedIn(run), [
      'after:link_current_revision v2 after v1',
      'after:link_current_revision v1 after v2',
      'on:error v2 after v1',
    ]);
    assert.deepEqual([run.result?.status, await site.active()], ['returned', 'v1']);
    const { result } = await site.succeed({ command: 'status' });
    assert.deepEqual(
      result?.targets[0]?.revisions?.map(({ name, state }) => `${name} ${state}`),
      ['v1 completed', 'v2 bad'],
    );
  });

  test('with rollback_on_failure off, and of a rollback, stays where it went and is told', async () => {
    const events = { 'after:link_current_revision': [{ run: 'exit 1' }] };
    await using site = await siteOn(server, { events, config: { rollback_on_failure: false } });
    await site.succeed({ revision: 'v1', listeners: 'false' });
    refusal(await site.run({ revision: 'v2' }), 'LISTENER');
    assert.equal(await site.active(), 'v2');
    refusal(await site.run({ command: 'rollback' }), 'LISTENER');
    assert.equal(await site.active(), 'v1');
    assert.equal(
      await site.sh('ls revisions/.shipper/runs; ls -d revisions/.shipper/lock 2>&1 | grep -c "No such"'),
      '1',
    );
  });

  test('of after:completion is a warning', async () => {
    const events = { 'after:completion': [{ run: 'exit 1' }, { run: 'echo not reached' }] };
    await using site = await siteOn(server, { events });
    const run = await site.succeed({ revision: 'v1' });
    assert.match(warningsOf(run).join(), /after:completion \(run exit 1\) failed on 127\.0\.0\.1: exit status 1/);
    assert.deepEqual([run.result?.status, errorsOf(run)], ['succeeded', []]);
  });

  test('of the first event is told by a module in on:error, with code, message and outcome', async () => {
    const module = `export class Site { constructor(s) { this.s = s }
      fail() { throw new Error('no luck') }
      tell() { this.s.setOutput('told', [this.s.event, this.s.error.code, this.s.error.message, this.s.outcome].join()) } }`;
    const events = { 'on:start': ['hooks.Site.fail'], 'on:error': ['hooks.Site.tell'] };
    await using site = await siteOn(server, { events, files: { 'hooks.mjs': module } });
    const run = await site.run();
    const message = refusal(run, 'LISTENER');
    assert.match(
      message,
      /^Listener 1 of on:start \(hooks\.Site\.fail\) failed: no luck\n *at Site\.fail \(hooks\.mjs:2:\d+\)$/,
    );
    assert.equal(run.outputs['told'], `on:error,LISTENER,${message.replace('\nat', '\n    at')},failed`);
    assert.deepEqual([errorsOf(run)[0]?.file, errorsOf(run)[0]?.line, await site.tree()], ['hooks.mjs', 2, '']);
  });
});

describe('a module', { concurrency: 3 }, () => {
  const typescript = `import type { Shipper } from './shipper.d.ts';
    let made = 0;
    export class Site {
      readonly shipper: Shipper;
      calls: string[] = [];
      constructor(shipper: Shipper) { made += 1; this.shipper = shipper; }
      first(): void { this.calls.push(this.shipper.event); }
      async second(): Promise<void> {
        const { shipper, calls } = this;
        const [target] = await shipper.run('echo "$A $B in $PWD"; exit 3', { env: { A: '1', B: '2' }, cwd: '..', allowFailure: true });
        const { stdout } = await shipper.exec('printf', ['%s', 'on the runner'], { silent: true });
        shipper.setOutput('seen', { calls, made, target, stdout, revision: shipper.revision, previous: shipper.previous ?? null });
        shipper.addSummary('# From the module');
        shipper.log.notice('a notice');
      }
    }`;

  test('in TypeScript is constructed once, called in order, and can do what it is promised', async () => {
    const events = {
      'on:start': ['hooks.Site.first'],
      'after:create_revision': ['hooks.Site.first', 'hooks.Site.second'],
    };
    await using site = await siteOn(server, { events, files: { 'hooks.ts': typescript } });
    const run = await site.succeed({ revision: 'v1' });
    assert.deepEqual(JSON.parse(run.outputs['seen'] ?? ''), {
      ...{ calls: ['on:start', 'after:create_revision'], made: 1, stdout: 'on the runner', previous: null },
      target: { host: '127.0.0.1', code: 3, stdout: `1 2 in ${site.base}/revisions\n`, stderr: '' },
      revision: { name: 'v1', path: `${site.base}/revisions/v1` },
    });
    assert.match(run.summary, /^# From the module\n/);
    assert.deepEqual(
      run.annotations.filter(({ level }) => level === 'notice').map(({ message }) => message),
      ['a notice'],
    );
  });

  test('in JavaScript that blocks its thread, then exits, fails its listener only', async () => {
    const module = `export class Site { block() { const until = Date.now() + 1500; while (Date.now() < until); } exit() { process.exit(0) } }`;
    const events = { 'after:create_revision': ['hooks.Site.block', 'hooks.Site.exit'] };
    await using site = await siteOn(server, { events, files: { 'hooks.mjs': module } });
    const message = refusal(await site.run(), 'LISTENER');
    assert.match(
      message,
      /^Listener 2 .*: the process of the modules ended with exit status 0 while it was called.*do not call process\.exit\(\)/,
    );
    assert.equal(await site.sh('ls revisions'), '');
  });
});
