/** What script/soak-fleet runs; its figures are those of docs/guarantees.md. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, randomFrom } from '../../script/fuzzing/inputs.ts';
import { type ActionRun, type StartedAction, startAction } from './action.ts';
import { startSshd } from './sshd.ts';
import { createWorkspace } from './workspace.ts';

const minutes = Number(process.env['MINUTES'] ?? '60');
const seed = Number(process.env['SEED'] ?? '1');
const fates = ['lives', 'rolls back', 'fails', 'is killed', 'is cancelled'] as const;
type Fate = (typeof fates)[number];
const names = ['web1', 'web2', 'web3'] as const;

const figures: Record<Fate | 'switches', number> = {
  ...{ lives: 0, 'rolls back': 0, fails: 0, 'is killed': 0, 'is cancelled': 0, switches: 0 },
};

await using server = await startSshd();
const inputs = { key: server.keyText, 'known-hosts': server.knownHosts, 'lock-timeout': '600' };

/** Starts a run over all targets in two waves; where it is to fail, a check does so on the last of them. */
async function start(fate: Fate, revision: string): Promise<StartedAction & AsyncDisposable> {
  const check = { run: 'test -s page/index.html' };
  const doomed = fate === 'fails' ? [{ run: 'false', on: 'web3' }] : [];
  const targets = names.map((name) => ({
    ...{ name, host: server.host, port: server.port, user: server.user },
    base_dir: `${server.root}/${name}`,
  }));
  const config = {
    events: {
      'after:create_revision': [{ upload: 'page', to: 'page' }],
      'after:link_current_revision': [check, ...doomed],
    },
    config: { targets, waves: { sizes: [1, '100%'] }, revisions_to_keep: 2 },
  };
  const workspace = await createWorkspace(config, { 'page/index.html': `${revision}\n` });
  const command = fate === 'rolls back' ? { command: 'rollback' } : { command: 'deploy', revision };
  const started = await startAction({ cwd: workspace.path, inputs: { ...inputs, ...command } });
  return { ...started, [Symbol.asyncDispose]: async () => workspace[Symbol.asyncDispose]() };
}

/** One run with a fate, from beginning to end. */
async function attack(fate: Fate, revision: string, random: Random): Promise<void> {
  await using run = await start(fate, revision);
  if (fate === 'is killed' || fate === 'is cancelled') {
    await Promise.race([run.done, sleep(500 + random(8_000))]);
    run.child.kill(fate === 'is killed' ? 'SIGKILL' : 'SIGINT');
  }
  const done = await run.done;
  if (fate === 'fails') assert.equal(done.code, 1, log(done));
  if (fate === 'lives') assert.equal(done.code, 0, log(done));
}

const log = ({ lines }: ActionRun): string => lines.filter((line) => !line.startsWith('::add-mask')).join('\n');

/** After whatever happened: the next deploy succeeds on all targets, and nothing of the others is left. */
async function settle(revision: string): Promise<void> {
  await using run = await start('lives', revision);
  const done = await run.done;
  assert.equal(done.code, 0, log(done));
  for (const name of names) {
    const root = `${server.root}/${name}`;
    assert.equal(await server.sh(`cat ${root}/current/page/index.html`), revision);
    assert.equal(await server.sh(`ls -A ${root}`), 'current\nrevisions', 'nothing is left beside the active symlink');
    assert.equal(await server.sh(`ls ${root}/revisions/.shipper/runs`), '', 'no run is left');
    assert.equal(await server.sh(`test -L ${root}/revisions/.shipper/lock || echo free`), 'free');
  }
}

const started = performance.now();
const random = randomFrom(seed);
console.log(`seed ${seed}, ${minutes} minutes`);
await settle('before');
for (let round = 1; performance.now() < started + minutes * 60_000; round += 1) {
  const contenders = Array.from({ length: 1 + random(3) }, async (_, index) => {
    const fate = fates[random(fates.length)] ?? 'lives';
    figures[fate] += 1;
    await attack(fate, `r${round}-${index}`, random);
  });
  await Promise.all(contenders);
  await settle(`r${round}`);
  console.log(JSON.stringify({ round, ...figures }));
}
const journals = await server.sh(
  `cat ${names.map((name) => `${server.root}/${name}/revisions/.shipper/journal`).join(' ')}`,
);
figures.switches = [...journals.matchAll(/^(?:linked|returned) /gm)].length;
console.log(JSON.stringify({ seed, minutes: Math.round((performance.now() - started) / 6_000) / 10, ...figures }));
console.log('no promise was broken');
