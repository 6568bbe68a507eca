import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionRun, StartedAction } from '../rig/action.ts';
import { isLarge } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { logOf, type Site, siteOn } from './site.ts';

const server = await startSshd();
after(async () => server[Symbol.asyncDispose]());

/** What the waves of `[1, "25%", "100%"]` are for twenty targets, or for eight. */
const sizes = isLarge ? [1, 5, 14] : [1, 2, 5];
const size = sizes.reduce((sum, wave) => sum + wave);
const inTwoWaves = size - (sizes[2] ?? 0);
const names = Array.from({ length: size }, (_, index) => `web${index + 1}`);

/** All targets on v1. The check of v2 fails on web3, which is in the second wave, where it is asked to. */
async function fleet(): Promise<Site> {
  const site = await siteOn(server);
  const { host, port, user } = server;
  const targets = names.map((name) => ({ name, host, port, user, base_dir: `${site.base}/${name}` }));
  await site.put(`mkdir ${names.join(' ')}`);
  const check =
    'echo "wave $SHIPPER_WAVE of $SHIPPER_WAVES"; [ ! -e ../../../bad ] || [ "$SHIPPER_REVISION$SHIPPER_HOST" != v2web3 ]';
  await site.workspace.configure({
    events: {
      'before:link_current_revision': [{ run: 'echo drain $SHIPPER_HOSTS', on: 'runner' }],
      'after:link_current_revision': [{ run: check }],
    },
    config: { targets, sync: false, waves: { sizes: [1, '25%', '100%'] } },
  });
  const first = await site.run({ ...inputs, revision: 'v1', listeners: 'false' });
  assert.equal(first.code, 0, logOf(first));
  return site;
}

const inputs = { host: '', user: '', port: '' };

async function active(site: Site): Promise<readonly string[]> {
  const links = await site.sh('for each in web*; do readlink "$each/current"; done');
  return [...new Set(links.split('\n').map((link) => link.split('/').at(-1) ?? ''))];
}

async function allOn(site: Site, revision: string, log: string): Promise<void> {
  const at = async (): Promise<string> => (await active(site)).join(' ');
  for (let tries = 0; tries < 300 && (await at()) !== revision; tries += 1) await sleep(100);
  assert.equal(await at(), revision, log);
}

/** The targets that each wave drained. */
function drained(run: ActionRun): readonly number[] {
  return run.lines.flatMap((line) => {
    const [, hosts] = /drain (web[\w,]+)$/.exec(line) ?? [];
    return hosts === undefined ? [] : [hosts.split(',').length];
  });
}

/** The wave of each target, as the result has it. */
function waves(run: ActionRun): readonly string[] {
  return run.result?.targets.map(({ wave }) => `${String(wave?.number)} of ${String(wave?.of)}`) ?? [];
}

const inWaves = sizes.flatMap((wave, index) => Array.from({ length: wave }, () => `${String(index + 1)} of 3`));

async function inFirstPause(site: Site, revision: string): Promise<StartedAction> {
  const started = await site.start({ ...inputs, revision }, { SHIP_WAVES__PAUSE: '30' });
  await started.printed(/pausing 30 s: wave 2 of 3 begins at \d\d:\d\d:\d\d UTC/);
  return started;
}

test(`${size} targets switch in three waves, each drained, switched and checked by itself`, async () => {
  await using site = await fleet();
  const run = await site.run({ ...inputs, revision: 'v2' });
  assert.equal(run.code, 0, logOf(run));
  assert.deepEqual(drained(run), sizes);
  await allOn(site, 'v2', logOf(run));
  for (const wave of [1, 2, 3]) assert.match(logOf(run), new RegExp(`wave ${String(wave)} of 3: web`));
  assert.deepEqual(waves(run), inWaves);
  const times = run.result?.targets.map(({ wave }) => wave?.beganAt ?? '') ?? [];
  assert.deepEqual(times, times.toSorted(), 'each later than the one before');
  assert.equal(new Set(times).size, 3);
  assert.match(logOf(run), /web3: v2 is active, before it v1, wave 2 of 3 at \d\d:\d\d:\d\d UTC/);
  assert.match(run.summary, new RegExp(`\\| \`web${size}\` \\| 3: \\d\\d:\\d\\d:\\d\\d UTC \\|`));
});

test('a check that fails in the second wave puts every target of both waves back, and the third never begins', async () => {
  await using site = await fleet();
  await site.put('touch bad');
  const run = await site.run({ ...inputs, revision: 'v2' });
  assert.equal(run.result?.status, 'returned', logOf(run));
  assert.deepEqual(drained(run), sizes.slice(0, 2));
  const statuses = run.result.targets.map(({ status }) => status);
  assert.deepEqual(
    statuses,
    names.map((_, index) => (index < inTwoWaves ? 'returned' : 'failed')),
  );
  assert.deepEqual(waves(run), inWaves);
  const begun = run.result.targets.map(({ wave }) => wave?.beganAt !== undefined);
  assert.deepEqual(
    begun,
    names.map((_, index) => index < inTwoWaves),
  );
  assert.match(run.summary, new RegExp(`\\| \`web${size}\` \\| 3: - \\|`));
  await allOn(site, 'v1', logOf(run));
});

test('cancelled in the pause between two waves: all go back', async () => {
  await using site = await fleet();
  const started = await inFirstPause(site, 'v2');
  started.child.kill('SIGINT');
  const run = await started.done;
  assert.equal(run.result?.status, 'cancelled', logOf(run));
  await allOn(site, 'v1', logOf(run));
});

test('killed in the pause between two waves: every target goes back alone', async () => {
  await using site = await fleet();
  const started = await inFirstPause(site, 'v2');
  started.child.kill('SIGKILL');
  const run = await started.done;
  await allOn(site, 'v1', logOf(run));
  const next = await site.run({ ...inputs, revision: 'v3', listeners: 'false' });
  assert.equal(next.code, 0, logOf(next));
});
