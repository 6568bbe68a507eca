import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Command } from '../../src/config/events.ts';
import { frame } from '../../src/remote/frame.ts';
import { type LocalFleet, localFleet, runListener } from '../rig/local-fleet.ts';
import { isLarge } from '../rig/share.ts';

const model = await localFleet(3);
for (const revision of ['v1', 'v2']) {
  const { error } = await model.run({ revision });
  assert.equal(error, undefined);
}
after(async () => model[Symbol.asyncDispose]());

const elsewhere = ['../../othersite', '..', '.', '', '/', '/etc', 'a/../../../othersite', '.shipper', 'v1', 'v2', 'v3'];
const name = fc.constantFrom(
  ...elsewhere,
  'v3-1234567890',
  'v3-1234567890-2',
  'v3-1234567890-99999',
  'v3-longer',
  'x'.repeat(300),
);

/** Every fact that there is, and some that there are not, with a value that leads elsewhere. */
const lie = fc.oneof(
  fc.tuple(fc.constantFrom('revision', 'taken', 'linked', 'completed', 'purged', 'previous'), name),
  fc.tuple(fc.constantFrom('active', 'returned'), name, name),
  fc.tuple(fc.constant('verdict'), fc.constantFrom('completed', 'returned', 'settled', 'unknown', 'other'), name),
  fc.tuple(fc.constant('listed'), name, fc.constant('completed')),
  fc.tuple(fc.constantFrom('step', 'missing', 'dangling', 'purgeable', 'anything', 'end'), name),
  fc.constantFrom(['unchanged'], ['end', '0'], ['step', 'link_current_revision'], ['interrupted'], ['shipper', '1']),
);

const uploads = {
  ...({ kind: 'upload', event: 'after:create_revision', index: 0, upload: 'dist', to: '.', exclude: [] } as const),
};

/** The site beside those of the fleet, in which nothing may be made or changed. */
function othersite(fleet: LocalFleet): string {
  return join(fleet.root('web1'), '..', 'othersite');
}

async function prepared(): Promise<LocalFleet> {
  const fleet = await model.copy();
  mkdirSync(othersite(fleet));
  writeFileSync(join(othersite(fleet), 'index.html'), 'another site');
  mkdirSync(join(othersite(fleet), '..', 'dist'), { recursive: true });
  writeFileSync(join(othersite(fleet), '..', 'dist', 'index.html'), 'the new one');
  return fleet;
}

test('one of three targets lies, anything at any place: the others end as if it had merely failed', async () => {
  const commands: readonly Command[] = ['deploy', 'rollback'];
  const property = fc.asyncProperty(
    fc.record({
      ...{ lie, at: fc.nat(16), instead: fc.boolean(), command: fc.constantFrom(...commands) },
      listens: fc.constantFrom<'upload' | 'run' | 'none'>('upload', 'run', 'none'),
    }),
    async ({ lie: said, at, instead, command, listens }) => {
      await using fleet = await prepared();
      let line = 0;
      const forged = frame(said);
      const run = await fleet.run({
        ...{ command, revision: command === 'deploy' ? 'v3' : '' },
        listeners: [
          ...(listens === 'upload' && command === 'deploy' ? [uploads] : []),
          ...(listens === 'run' ? [runListener('after:link_current_revision', 'test -d .')] : []),
        ],
        wire: (true_, target) => {
          if (
            target !== 'web2' ||
            !/^(active|previous|step|revision|linked|purged|completed|deleted|end)\b/.test(true_)
          ) {
            return [true_];
          }
          line += 1;
          if (line - 1 !== at) return [true_];
          return instead ? [forged] : [forged, true_];
        },
      });
      const log = `${forged}\n${run.log.join('\n')}`;
      await fleet.atRest();
      const [first = '', , third] = fleet.active();
      const wanted = command === 'deploy' ? 'v3' : 'v1';
      assert.equal(first, third, log);
      assert.ok(first === 'v2' || first.startsWith(wanted), log);
      if (run.error === undefined) assert.ok(first.startsWith(wanted), log);
      else assert.ok(first === 'v2' || run.result.status === 'stayed' || run.result.status === 'unknown', log);
      assert.deepEqual(readdirSync(othersite(fleet)), ['index.html'], log);
      assert.equal(readFileSync(join(othersite(fleet), 'index.html'), 'utf8'), 'another site', log);
      for (const honest of ['web1', 'web3']) {
        const others = fleet.revisions(honest).filter((each) => !/^v[123](-1234567890(-2)?)?$/.test(each));
        assert.deepEqual(others, [], log);
      }
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['LIES'] ?? (isLarge ? 25 : 5)) });
});
