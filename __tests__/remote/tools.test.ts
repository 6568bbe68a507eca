import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { type ScriptRun, type ScriptTarget, scriptTarget, type Steps } from '../rig/script-target.ts';
import { share } from '../rig/share.ts';
import { type Fault, toolbox, type Toolbox } from '../rig/toolbox.ts';

const tools = 'awk base64 cat chmod cp date gzip id ln mkdir mv od readlink rm rmdir sleep sync uname'.split(' ');

/** What the loader does without, and what comes in only where something went wrong or was asked for. */
const optional = ['base64', 'cp', 'gzip'];

interface Place extends AsyncDisposable {
  readonly site: ScriptTarget;
  readonly box: Toolbox;
  readonly steps: Steps;
  /** As it was: `c` is active, the one before is `b`, and `a b` is one too many once there is another. */
  renew(): void;
}

async function place(): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await scriptTarget('dash'));
  const box = await toolbox(site.home, { sh: 'dash', ...Object.fromEntries(tools.map((tool) => [tool, tool])) });
  const symlinks = [
    { source: '/nowhere', path: 'shared files/etc' },
    { source: '/dev/null', path: 'null' },
  ];
  const steps: Steps = { path: box.path, lease: 4, beat: 200, target: { symlinks }, config: { sync: true } };
  for (const name of ['a b', 'b', 'bad']) await site.perform('deploy', name, steps);
  await site.perform('rollback', '', steps);
  await site.perform('deploy', 'c', steps);
  cpSync(site.root, `${site.home}/template`, { recursive: true, verbatimSymlinks: true });
  const held = stack.move();
  return {
    ...{ site, box, steps },
    renew: () => {
      rmSync(site.root, { recursive: true });
      cpSync(`${site.home}/template`, site.root, { recursive: true, verbatimSymlinks: true });
    },
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

/** What there is, as `status` tells it with tools that work, and what else a run may leave. */
async function picture({ site, box, steps }: Place): Promise<readonly string[]> {
  box.mend();
  const { of } = await site.perform('status', '', steps);
  const listed = of('listed').map(([name, state]) => `${String(name)} ${String(state)}`);
  const links = readdirSync(`${site.root}/current`, { recursive: true }).map(String).sort();
  return [...listed, `active ${String(site.active())}`, ...site.states(), ...readdirSync(site.root), ...links];
}

/** What a run tells of what it did. */
const told = ({ of }: ScriptRun): readonly unknown[] =>
  ['revision', 'previous', 'linked', 'purged', 'completed', 'listed', 'unchanged'].map((kind) => of(kind));

/** A run of each kind; rejects where it fails, after it was put back. */
const scenarios: Readonly<Record<string, (place: Place) => Promise<ScriptRun>>> = {
  deploy: async ({ site, steps }) => site.perform('deploy', 'd', steps),
  rollback: async ({ site, steps }) => site.perform('rollback', '', steps),
  status: async ({ site, steps }) => site.perform('status', '', steps),
};

interface Outcome {
  readonly failed?: ShipperError;
  readonly told?: readonly unknown[];
  readonly warnings?: string;
}

async function outcome(there: Place, scenario: string): Promise<Outcome> {
  try {
    const run = await scenarios[scenario]?.(there);
    return run === undefined ? {} : { told: told(run), warnings: run.of('warning').flat().join('\n') };
  } catch (error) {
    assert.ok(error instanceof ShipperError, String(error));
    return { failed: error };
  }
}

for (const how of ['is killed', 'gives up'] as const satisfies readonly Fault[]) {
  describe(`a tool that ${how}, at whatever place`, { concurrency: 4 }, () => {
    for (const scenario of Object.keys(scenarios)) {
      test(`in a ${scenario}: an error that names it, or the right result`, async (t) => {
        await using there = await place();
        const before = await picture(there);
        there.box.count();
        there.box.begin();
        const right = await outcome(there, scenario);
        const calls = [...there.box.calls()].flatMap(([tool, count]) =>
          Array.from({ length: count }, (_, index) => [tool, index + 1, count] as const),
        );
        const places = share(`a tool that ${how} in a ${scenario}`, calls, scenario === 'status' ? 3 : 6);
        const after = await picture(there);
        let failures = 0;
        for (const [tool, call, count] of places) {
          const what = `${tool}, call ${call} of ${count}`;
          there.renew();
          there.box.fail(tool, call, how);
          there.box.begin();
          const { failed, told, warnings = '' } = await outcome(there, scenario);
          // A rotation that did not take place and says why is made up for by the next one.
          if (warnings.includes(tool)) continue;
          if (failed === undefined) {
            assert.deepEqual(told, right.told, what);
            assert.deepEqual(await picture(there), after, what);
          } else {
            failures += 1;
            assert.match(failed.message, new RegExp(`\\b${tool}\\b`), `${what}: ${failed.message}`);
            assert.equal(failed.code, 'TARGET', what);
            const left = await picture(there);
            // What was switched to and put back stays, marked bad.
            assert.deepEqual(
              left.filter((line) => line !== 'd bad'),
              before,
              what,
            );
          }
        }
        t.diagnostic(`${places.length} of ${calls.length} places, ${failures} failures`);
      });
    }
  });
}

test('a tool that is missing is named before anything is made', async () => {
  await using there = await place();
  for (const tool of tools.filter((each) => !optional.includes(each))) {
    there.renew();
    there.box.remove(tool);
    await assert.rejects(there.site.perform('deploy', 'd', there.steps), (error: ShipperError) => {
      assert.match(error.message, new RegExp(`: ${tool} is missing on the target`));
      return true;
    });
    assert.equal(there.site.active(), 'c');
    assert.deepEqual(there.site.revisions(), ['a b', 'b', 'c'], tool);
  }
});
