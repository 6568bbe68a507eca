/** A deployment to watch: an SSH server inside this process, and the committed bundle as it runs on a runner. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import { startEmbeddedServer } from '../__tests__/rig/embedded-server.ts';
import { temporaryDirectory } from '../__tests__/rig/temporary.ts';

interface Act {
  readonly title: string;
  /** What the site's page says from now on; absent: as before. */
  readonly page?: string;
  readonly flags: readonly string[];
  readonly fails?: true;
  /** Name of the revision that is active at the end. */
  readonly active: string;
}

/** As `script/demo` names it. */
const bundle = resolve(process.argv[2] ?? 'dist/index.js');

const acts: readonly Act[] = [
  {
    title: 'The first deploy makes the structure and switches to it',
    page: 'Version 1, healthy',
    flags: ['--command', 'deploy', '--revision', 'v1'],
    active: 'v1',
  },
  {
    title: 'A deploy whose health check fails after the switch is put back',
    page: 'Version 2, ailing',
    flags: ['--command', 'deploy', '--revision', 'v2'],
    fails: true,
    active: 'v1',
  },
  {
    title: 'The repaired version goes live',
    page: 'Version 3, healthy',
    flags: ['--command', 'deploy', '--revision', 'v3'],
    active: 'v3',
  },
  {
    title: 'A rollback is one rename, past the version that was bad',
    flags: ['--command', 'rollback'],
    active: 'v1',
  },
  { title: 'What the target knows', flags: ['--command', 'status'], active: 'v1' },
];

const listener = `export class Health {
  constructor(shipper) {
    this.shipper = shipper;
  }
  async check() {
    await this.shipper.run('grep healthy index.html');
  }
}
`;

async function demonstrate(): Promise<void> {
  await using temporary = await temporaryDirectory('demo');
  const workspace = join(temporary.path, 'workspace');
  const home = join(temporary.path, 'server');
  const site = join(home, 'www');
  for (const directory of [join(workspace, 'site'), join(workspace, 'deploy'), site]) {
    await mkdir(directory, { recursive: true });
  }
  await using server = await startEmbeddedServer(home);
  const { host, port, user } = server;
  const config = `{
  "events": {
    "after:create_revision": [{ "upload": "site" }],
    "after:link_current_revision": ["deploy.health.Health.check"]
  },
  "config": {
    "target": { "host": "${host}", "port": ${String(port)}, "user": "${user}" },
    "base_dir": ${JSON.stringify(site)},
    "directories": { "uploads": "share/uploads" },
    "symlinks": { "share/uploads": "uploads" }
  }
}`;
  await writeFile(join(workspace, 'shipper.json'), `${config}\n`);
  await writeFile(join(workspace, 'deploy', 'health.mjs'), listener);
  await writeFile(join(workspace, 'key'), server.keyText, { mode: 0o600 });
  await writeFile(join(workspace, 'known_hosts'), `${server.knownHosts}\n`);

  print(`An SSH server listens on ${host}:${String(port)}; what it serves is in ${site}.`);
  print('Nothing outside that temporary directory is touched, and at the end it is gone.');
  heading('The config, shipper.json');
  print(config);
  heading('The listener, deploy/health.mjs');
  print(listener.trimEnd());
  for (const [index, act] of acts.entries()) {
    heading(`${String(index + 1)}. ${act.title}`);
    if (act.page !== undefined) await writeFile(join(workspace, 'site', 'index.html'), `${act.page}\n`);
    await play(act, workspace);
    print('');
    for (const line of await tree(site)) print(`  ${line}`);
    await expectActive(site, act.active);
  }
}

/** Runs the bundle in the workspace with its output going where ours goes. */
async function play(act: Act, workspace: string): Promise<void> {
  print(styleText('dim', `$ node dist/index.js ${act.flags.join(' ')} --key key --known-hosts known_hosts\n`));
  const args = [bundle, ...act.flags, '--key', 'key', '--known-hosts', 'known_hosts'];
  const { PATH, TERM, NO_COLOR } = process.env;
  const env = { PATH, TERM, NO_COLOR, HOME: workspace };
  const child = spawn(process.execPath, args, { cwd: workspace, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const stop = (): boolean => child.kill('SIGINT');
  process.on('SIGTERM', stop);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGTERM', stop);
  const expected = act.fails === true ? 1 : 0;
  if (code !== expected) throw new Error(`Expected exit status ${String(expected)} and got ${String(code)}.`);
}

async function expectActive(site: string, name: string): Promise<void> {
  const link = await readlink(join(site, 'current'));
  if (link !== join(site, 'revisions', name)) throw new Error(`Expected ${name} to be active, not ${link}.`);
  const page = await readFile(join(site, 'current', 'index.html'), 'utf8');
  print(styleText('green', `\n  A visitor sees: ${page.trimEnd()}`));
}

/** What is below a directory, as lines; links shown from the directory on, Shipper's own files left out. */
async function tree(directory: string, top = directory, indent = ''): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const lines: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink()) {
      const to = (await readlink(path)).replace(`${top}/`, '');
      lines.push(indent + styleText('bold', `${entry.name} -> ${to}`));
    } else if (!entry.isDirectory()) lines.push(indent + entry.name);
    else {
      lines.push(`${indent}${entry.name}/`);
      if (entry.name !== '.shipper') lines.push(...(await tree(path, top, `${indent}  `)));
    }
  }
  return lines;
}

function heading(text: string): void {
  print(styleText('bold', `\n── ${text} ${'─'.repeat(Math.max(3, 100 - text.length))}\n`));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.on('SIGINT', () => undefined); // It reaches the bundle too, which ends; then so do we, cleaning up.
demonstrate().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`\nscript/demo: ${error instanceof Error ? error.message : String(error)}`);
});
