import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionRun } from '../rig/action.ts';
import { startSshd } from '../rig/sshd.ts';
import { logOf, type Site, siteOn } from './site.ts';

const server = await startSshd();
const withoutSessions = await startSshd({ config: ['MaxSessions 0'] });
after(async () => {
  await server[Symbol.asyncDispose]();
  await withoutSessions[Symbol.asyncDispose]();
});

/** Whatever ends a run: its exit status, one annotation, the outputs and the summary say so. */
function assertTold(run: ActionRun, code: string): void {
  const log = logOf(run);
  assert.equal(run.code, 1, log);
  const errors = run.annotations.filter(({ level }) => level === 'error');
  assert.deepEqual(
    errors.map(({ title }) => title),
    [`Shipper: ${code}`],
    log,
  );
  assert.ok(run.result !== undefined && !['succeeded', 'unchanged'].includes(run.result.status), log);
  assert.notEqual(run.summary.trim(), '', log);
}

/** What breaks out of Shipper's own code, put there from outside as soon as the mark is there. */
const breaking = (mark: string, what: string): string => `
  if (!process.env.SHIPPER_MODULES) {
    const { existsSync } = require('node:fs');
    const timers = [];
    for (const name of ['setTimeout', 'setInterval']) {
      const own = globalThis[name];
      globalThis[name] = (...args) => timers[timers.push(own(...args)) - 1];
    }
    const timer = setInterval(() => {
      if (!existsSync(${JSON.stringify(mark)})) return;
      clearInterval(timer);
      ${what}
    }, 20).unref();
  }`;

const faults: Readonly<Record<string, string>> = {
  'an exception that nobody catches': "throw new Error('broken')",
  'a rejection that nobody waits for': "Promise.reject(new Error('broken'))",
  'a wait for what cannot come any more':
    'for (const handle of [...process._getActiveHandles(), ...timers]) handle.unref?.();',
};

async function broken(site: Site, what: string): Promise<ActionRun> {
  await site.workspace.write({ 'break.cjs': breaking(`${site.base}/revisions/v2/mark`, what) });
  return site.run({ revision: 'v2' }, { NODE_OPTIONS: `--require ${site.workspace.path}/break.cjs` });
}

describe('a run ends with its annotation, outputs and summary', { concurrency: true }, () => {
  test('where the server allows no session', async () => {
    await using site = await siteOn(withoutSessions);
    assertTold(await site.run({ revision: 'v1' }), 'TARGET');
  });

  for (const [what, script] of Object.entries(faults)) {
    test(`after ${what}, and everything is put back`, async () => {
      const events = { 'after:link_current_revision': [{ run: 'touch mark; if [ -e ../v2 ]; then sleep 3; fi' }] };
      await using site = await siteOn(server, { events });
      await site.succeed({ revision: 'v1', listeners: 'false' });
      const run = await broken(site, script);
      assertTold(run, 'INTERNAL');
      // Where the runner could not wait for it any more, the target does it alone.
      for (let tries = 0; tries < 2400 && (await site.active()) !== 'v1'; tries += 1) await sleep(25);
      assert.equal(await site.active(), 'v1', logOf(run));
      await site.succeed({ revision: 'v3', listeners: 'false' });
    });
  }
});
