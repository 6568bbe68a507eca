import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type * as author from '../../shipper.d.ts';
import type { Config, Listener, Target } from '../../src/config/config.ts';
import type { Command, EventName } from '../../src/config/events.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { listenersFor, startModules, workspaceWith } from './fixture.ts';

/** `never`, which `true` does not satisfy, unless each of the two can stand for the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

const root = fileURLToPath(new URL('../../', import.meta.url));

test('what authors are told of the configuration is what it is', () => {
  // The compiler checks these. `createShipper` itself is declared to return the authors' `Shipper`.
  const same = {
    command: true satisfies Same<author.Command, Command>,
    event: true satisfies Same<author.EventName, EventName>,
    errorCode: true satisfies Same<author.ErrorCode, ErrorCode>,
    target: true satisfies Same<author.Target, Target>,
    targetKeys: true satisfies Same<keyof author.Target, keyof Target>,
    listener: true satisfies Same<author.Listener, Listener>,
    config: true satisfies Same<author.Config, Config>,
    configKeys: true satisfies Same<keyof author.Config, keyof Config>,
  };
  assert.ok(same.command);
});

const module = `
import type { Shipper } from './shipper.d.ts';

export class Site {
  readonly shipper: Shipper;
  constructor(shipper: Shipper) { this.shipper = shipper; }

  async build(): Promise<void> {
    const { shipper } = this;
    const { code, stdout } = await shipper.exec('echo', ['built'], { silent: true });
    const results = await shipper.run('uptime', { on: 'web*', once: true, env: ['PATH'], timeout: 30 });
    const first: string | undefined = results[0]?.stdout;
    await shipper.upload('dist', { to: '.', exclude: ['*.map'] });
    shipper.setOutput('code', code);
    shipper.addSummary(\`# \${shipper.revision?.name ?? 'none'} \${stdout}\${first ?? ''}\`);
    if (shipper.event === 'on:error' && shipper.outcome === 'returned') shipper.log.error(shipper.error?.message);
  }
}
`;

test('a module of an author is checked against the types, and runs as it is', async () => {
  await using workspace = await workspaceWith({
    'hooks.ts': module,
    'wrong.ts': module.replace(
      'this.shipper = shipper;',
      "this.shipper = shipper; shipper.command = 'deploy'; shipper.runs();",
    ),
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'esnext',
        module: 'nodenext',
        strict: true,
        noEmit: true,
        types: [],
        allowImportingTsExtensions: true,
      },
    }),
  });
  await copyFile(join(root, 'shipper.d.ts'), join(workspace.path, 'shipper.d.ts'));
  const check = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', workspace.path], { encoding: 'utf8' });
  const errors = check.stdout.split('\n').filter((line) => line.includes('error'));
  assert.deepEqual(
    errors.map((line) => /wrong\.ts.*(TS\d+)/.exec(line)?.[1] ?? line),
    ['TS2540', 'TS2551'],
  );
  await using modules = await startModules(workspace, listenersFor('after:create_symlinks', 'hooks.Site.build'));
  await modules.call(0);
  assert.deepEqual(modules.recorder.told.at(-1), 'summary # none built\nuptime\n');
});
