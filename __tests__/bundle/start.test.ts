import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lookUps } from '../../script/look-ups.ts';
import { runAction } from '../rig/action.ts';
import { oldNode } from '../rig/old-node.ts';
import { run } from '../rig/program.ts';
import { share } from '../rig/share.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { watch } from '../rig/watched.ts';
import { createWorkspace } from '../rig/workspace.ts';

const root = join(import.meta.dirname, '..', '..');
const dist = join(root, 'dist');
const fingerprint = `SHA256:${'A'.repeat(43)}`;

describe('how the bundle starts', { concurrency: 2 }, () => {
  for (const version of share('old Nodes', ['12.22.12', '18.20.8', '20.0.0'], 1)) {
    test(`Node ${version} is told so in one line, before anything else`, async () => {
      const node = await oldNode(version);
      const watched = watch(spawn(node, [join(dist, 'index.js'), '--help'], { stdio: ['ignore', 'pipe', 'pipe'] }));
      assert.deepEqual(await watched.ended, { code: 1, signal: null });
      assert.equal(watched.stdout(), '');
      assert.equal(watched.stderr(), `Shipper needs Node 20.19 or newer; this is Node ${version}.\n`);
    });
  }

  test('a TypeScript module on the oldest Node is told what to do, before anything is contacted', async () => {
    await using workspace = await createWorkspace(
      {
        events: { 'on:start': ['hooks.Site.begin'] },
        config: { target: { host: '127.0.0.1', port: 1, user: 'nobody' }, base_dir: '/var/www' },
      },
      { 'hooks.ts': 'export class Site { begin(): void {} }\n' },
    );
    const inputs = { key: 'agent', fingerprint };
    const env = {
      SSH_AUTH_SOCK: '/nowhere',
    };
    const { code, annotations } = await runAction({
      ...{ cwd: workspace.path, inputs, env, node: await oldNode('20.19.0') },
    });
    assert.equal(code, 1);
    assert.match(annotations[0]?.message ?? '', /TypeScript modules need Node 22\.18.*--no-listeners/);
  });

  test('no package that lies around is run beside the key', async () => {
    await using directory = await temporaryDirectory('planted');
    const { path } = directory;
    const own = join(path, 'above', 'shipper', 'dist');
    await cp(dist, own, { recursive: true });
    const witness = join(path, 'witness');
    for (const place of ['above/node_modules', 'above/shipper/node_modules', 'above/shipper/dist/node_modules']) {
      await plant(join(path, place), witness);
    }
    await plant(join(path, 'path'), witness);
    await plant(join(path, 'home', '.node_modules'), witness);
    await plant(join(own, 'crypto/build/Release'), witness);
    await using workspace = await createWorkspace({
      config: { target: { host: '127.0.0.1', port: 1, user: 'nobody' }, base_dir: '/var/www' },
    });
    const { annotations } = await runAction({
      cwd: workspace.path,
      inputs: { password: 'secret', fingerprint },
      env: { NODE_PATH: join(path, 'path'), HOME: join(path, 'home') },
      entry: join(own, 'index.js'),
    });
    assert.equal(annotations[0]?.title, 'Shipper: CONNECT'); // So it came to where SSH is spoken.
    await assert.rejects(stat(witness), 'a planted package has run');
  });

  test('help and a wrong config take at most 2.6 times what Node takes to do nothing', async () => {
    const begin = await processorTime(['-e', '0']);
    for (const args of [['--help'], ['--config', 'none.json', '--host', 'a@b']]) {
      const took = await processorTime([join(dist, 'index.js'), ...args]);
      assert.ok(took / begin <= 2.6, `${args.join(' ')}: ${(took / begin).toFixed(2)} times`);
    }
  });

  test('dist/ is small, has no native code, and has the text of every licence', async () => {
    const names = (await readdir(dist)).sort();
    assert.deepEqual(names, ['index.js', 'licenses.txt', 'shipper.js']);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(dist, name))).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total < 1_400_000, `${total} bytes`);
    const licences = (await readFile(join(dist, 'licenses.txt'), 'utf8')).split(
      /^(?=(?:@[\w-]+\/)?[\w-]+\n(?:MIT|[\w.-]*\d[\w.-]*|Unlicense|ISC)\n)/m,
    );
    assert.ok(licences.length > 10);
    for (const text of licences.filter((each) => !each.startsWith('shipper\n')))
      assert.ok(text.length > 500, `The licence has no text: ${text}`);
  });

  test('the demo shares the bundle of the action', async () => {
    const text = await readFile(join(root, 'script', 'demo.bundle.cjs'), 'utf8');
    assert.ok(text.length < 60_000 && text.split('\n').length > text.length / 100, 'small, and to be read');
    assert.match(text, /require\("\.\.\/dist\/shipper\.js"\)/);
  });
});

test('every look-up at run time is seen', () => {
  const lines = [
    ...['eval("require")("cpu-features")', 'require("undici")', 'require(name)', 'const r = require;'],
    ...[
      'new Function("return process")()',
      'import(path)',
      'createRequire(__filename)',
      'process.dlopen({}, "a.node")',
    ],
    ...['module.require("undici")', '[].map(require)', 'vm.runInThisContext(text)', 'process.binding("natives")'],
  ];
  for (const line of lines) assert.equal(lookUps('bundle.js', line).length > 0, true, line);
  const harmless = 'require("node:fs"); require("crypto"); typeof require; "eval()"; // require("undici")';
  assert.deepEqual(lookUps('bundle.js', harmless), []);
});

/** Packages that leave a file as a sign that they ran, under the names that libraries of the bundle have asked for. */
async function plant(directory: string, witness: string): Promise<void> {
  const code = `require('node:fs').writeFileSync(${JSON.stringify(witness)}, __filename);\n`;
  const names = ['cpu-features', 'undici', 'ssh2', 'nan', 'buildcheck', 'debug', 'supports-color', 'shipper', 'tunnel'];
  for (const name of [...names, '@actions/core', '@actions/http-client', '@actions/exec', 'punycode', 'encoding']) {
    await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, name, 'index.js'), code);
  }
  await writeFile(join(directory, 'sshcrypto.node.js'), code); // Found where sshcrypto.node is asked for.
}

/** Milliseconds of a processor that this takes, the least of a few: a busy machine does not change them. */
async function processorTime(args: readonly string[]): Promise<number> {
  const script = 'for i in 1 2 3 4 5; do "$@" >/dev/null 2>&1; done; times';
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const said = await run('bash', ['-c', script, 'x', process.execPath, ...args], '/');
    const children = said.trim().split('\n').at(-1) ?? '';
    const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
      ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
    );
    times.push((parts.reduce((sum, part) => sum + part, 0) / 5) * 1000);
  }
  return Math.min(...times);
}
