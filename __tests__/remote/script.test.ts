import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, describe, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { deferred } from '../../src/deferred.ts';
import { runCommand } from '../../src/remote/command.ts';
import { limits } from '../../src/remote/limits.ts';
import { Session } from '../../src/remote/session.ts';
import type { Channel, Connection } from '../../src/ssh/connection-types.ts';
import { localConnection, shells } from '../rig/local-connection.ts';
import { scriptTarget } from '../rig/script-target.ts';
import { silentLog } from '../rig/silent-log.ts';
import { until } from '../rig/until.ts';

/** A connection on which a server leaves the request for a program unanswered. */
function unanswered(): Connection {
  return { ...localConnection('/bin', '/'), exec: async () => new Promise<Channel>(() => undefined) };
}

/** A connection on which every program is another one than was asked for. */
function saying(script: string): Connection {
  const local = localConnection(process.env['PATH'] ?? '', '/');
  started.push(local);
  return { ...local, exec: async () => local.exec(script) };
}

const started: { readonly pids: readonly number[] }[] = [];
after(() => {
  // A server would end them with the connection.
  for (const pid of started.flatMap(({ pids }) => pids)) spawnSync('kill', ['-KILL', '--', `-${pid}`]);
});

function sessionOn(connection: Connection): Session {
  const options = { name: 'web1', setup: { words: ['run'], hidden: [] }, onFact: () => undefined, log: silentLog };
  return new Session({ ...options, connection });
}

async function commandOn(connection: Connection, signal?: AbortSignal) {
  return runCommand({
    ...{ access: { connection }, target: 'web1', runDirectory: '/tmp', id: '1', cwd: '/', command: 'true' },
    ...{ umask: '022', environment: {}, forwarded: {}, signal },
    onStart: () => undefined,
    onOutput: () => undefined,
  });
}

const coded = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === code && message.test(error.message);

describe('a server that does not say whether it starts a program', () => {
  test('ends by its limit, for steps and for commands', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const works = [sessionOn(unanswered()).perform(['inspect']), commandOn(unanswered())];
      await turn();
      mock.timers.tick(limits.openMilliseconds);
      for (const work of works) {
        await assert.rejects(work, coded('CONNECT', /^web1: the SSH server did not say within 60 seconds/));
      }
    } finally {
      mock.timers.reset();
    }
  });

  test('has as long as the login takes before that limit counts', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const login = deferred();
      const work = sessionOn({ ...unanswered(), ready: login.promise }).perform(['inspect']);
      const failed = assert.rejects(work, coded('CONNECT', /did not say within 60 seconds/));
      let isOver = false;
      void failed.then(() => (isOver = true));
      mock.timers.tick(limits.openMilliseconds);
      await turn();
      assert.equal(isOver, false);
      login.resolve();
      await turn();
      mock.timers.tick(limits.openMilliseconds);
      await failed;
    } finally {
      mock.timers.reset();
    }
  });

  test('harms nothing when the session is let go of, or the run is cancelled, meanwhile', async () => {
    const session = sessionOn(unanswered());
    const work = session.perform(['inspect']);
    await session.interrupt();
    session.close();
    await assert.rejects(work, coded('CONNECT', /the connection was lost/));
    const cancel = new AbortController();
    const command = commandOn(unanswered(), cancel.signal);
    cancel.abort();
    await assert.rejects(command, coded('CANCELLED', /cancelled/));
  });

  test('gets its late channel closed', async () => {
    const local = localConnection(process.env['PATH'] ?? '', '/');
    const opened = deferred<Channel>();
    const exec = async (): Promise<Channel> => opened.promise;
    const session = sessionOn({ ...local, exec });
    const work = session.perform(['inspect']);
    session.close();
    await assert.rejects(work);
    const channel = await local.exec('cat');
    opened.resolve(channel);
    await channel.closed;
  });
});

describe('a target that is silent', () => {
  for (const shell of shells) {
    test(`in a step is let go of, which names the step; it puts back by itself (${shell})`, async () => {
      await using target = await scriptTarget(shell);
      await target.perform('deploy', 'v1');
      target.shim('sync', `touch '${target.home}/syncing'; sleep 30`);
      const { session } = target.session({ revision: 'v2', shimmed: true, config: { sync: true } });
      const steps = ['preflight', 'lock', 'init_directories', 'create_revision', 'create_symlinks'];
      const work = session.perform([...steps, 'link_current_revision', 'complete', 'unlock']);
      const failed = assert.rejects(work, coded('CONNECT', /^here, link_current_revision: the connection was lost/));
      await until('the target flushes', () => existsSync(`${target.home}/syncing`));
      session.close();
      await failed;
      assert.equal(session.open, false);
      await target.perform('deploy', 'v3');
      assert.deepEqual(target.revisions(), ['v1', 'v3']);
    });
  }

  test('after an interrupt holds nobody who lets go of the session', async () => {
    const session = sessionOn(saying('echo; echo "shipper 1"; cat >/dev/null'));
    const failed = assert.rejects(session.perform(['inspect']), coded('CONNECT', /the connection was lost/));
    await until('the script has greeted', () => session.answered);
    const interrupted = session.interrupt();
    session.close();
    await interrupted;
    await failed;
  });

  test('from its start ends by the time that an answer may take', async () => {
    const work = sessionOn({ ...saying('exec sleep 30'), answerSeconds: 0.1 }).perform(['inspect']);
    await assert.rejects(
      work,
      coded('TARGET', /did not answer within 0\.1 seconds: look for a start-up file.* raise `connect-timeout`/),
    );
  });
});

describe('a target that does not stop speaking', () => {
  const zeros = "tr '\\0' x </dev/zero";
  for (const [what, script, message] of [
    ['before it greets', zeros, /sent a line of more than 1048576 bytes/],
    ['after it greeted', `echo; echo "shipper 1"; ${zeros}`, /sent a line of more than 1048576 bytes/],
    [
      'in facts',
      `echo; echo "shipper 1"; yes "warning $(head -c 50000 /dev/zero | tr '\\0' x)"`,
      /it said more than any/,
    ],
  ] as const) {
    test(`is given up, ${what}`, async () => {
      await assert.rejects(sessionOn(saying(script)).perform(['inspect']), coded('TARGET', message));
    });
  }
});
