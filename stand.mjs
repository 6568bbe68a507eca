/**
 * A stand-in for Shipper, for unit tests of modules: no server, no SSH, no config. Commands really run, on this machine,
 * in a directory that stands for the new revision; uploads really copy there; what else is asked for is kept.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { inspect } from 'node:util';

/** @type {import('./stand.d.mts').stand} */
export async function stand(given = {}) {
  const { workspace = process.cwd(), answer, ...state } = given;
  const base = await mkdtemp(join(tmpdir(), 'shipper-stand-'));
  const target = targetIn(base);
  const revision = { name: 'new', path: join(base, 'revisions', 'new') };
  await mkdir(revision.path, { recursive: true });
  const kept = { commands: [], programs: [], uploads: [], logged: [], outputs: {}, summary: [] };
  const log = (level) => (message) => {
    kept.logged.push({ level, message: typeof message === 'string' ? message : inspect(message) });
  };

  const shipper = {
    ...{ command: 'deploy', event: 'after:create_revision', revision, previous: undefined, targets: [target] },
    ...{ wave: { number: 1, of: 1 }, error: undefined, outcome: undefined, config: configFor(target) },
    ...state,
    run: async (command, options = {}) => {
      kept.commands.push({ command, options });
      const results = [];
      for (const { host } of shipper.targets.slice(0, options.once === true ? 1 : undefined)) {
        const result = answer?.(command, host) ?? (await runHere(command, options, revision.path, shipper));
        results.push({ host, code: 0, stdout: '', stderr: '', ...result });
      }
      refuse(results, options, command);
      return results;
    },
    exec: async (program, args = [], options = {}) => {
      kept.programs.push({ program, args: [...args], options });
      const cwd = resolve(workspace, options.cwd ?? '.');
      const result = await started(program, args, { cwd, env: { ...process.env, ...options.env } });
      refuse([result], options, [program, ...args].join(' '));
      return result;
    },
    upload: async (from, options = {}) => {
      kept.uploads.push({ from, options });
      const source = resolve(workspace, from);
      const isFile = (await stat(source)).isFile();
      await cp(source, join(revision.path, options.to ?? '.', isFile ? basename(source) : '.'), { recursive: true });
    },
    log: {
      ...{ debug: log('debug'), info: log('info'), notice: log('notice') },
      warning: log('warning'),
      error: log('error'),
    },
    setOutput: (name, value) => {
      kept.outputs[name] = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    },
    addSummary: (markdown) => {
      kept.summary.push(markdown);
    },
  };
  return { shipper: Object.freeze(shipper), ...kept, [Symbol.asyncDispose]: () => rm(base, { recursive: true }) };
}

function targetIn(base) {
  return {
    ...{ name: 'web1', host: 'web1.example.com', port: 22, user: 'deploy', proxyJump: [], symlinks: [] },
    ...{ activeSymlink: join(base, 'current'), revisions: join(base, 'revisions') },
    directories: [join(base, 'revisions')],
  };
}

function configFor(target) {
  return {
    ...{ targets: [target], revisionsToKeep: 5, failOnSymlinkError: false, relativeSymlinks: false, umask: '022' },
    ...{ rollbackOnFailure: true, sync: true, waves: { sizes: [1], pause: 0 }, listeners: [] },
  };
}

function runHere(command, { cwd = '.', env = {} }, directory, { event, revision }) {
  const own = Array.isArray(env) ? Object.fromEntries(env.map((name) => [name, process.env[name]])) : env;
  const variables = { SHIPPER_EVENT: event, SHIPPER_REVISION: revision?.name ?? '', SHIPPER_HOST: 'web1' };
  const options = { cwd: resolve(directory, cwd), env: { ...process.env, ...variables, ...own } };
  return started('sh', ['-e', '-c', command], options);
}

function started(program, args, options) {
  return new Promise((resolved, rejected) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (typeof error?.code === 'string') rejected(error);
      else resolved({ code: error === null ? 0 : (error.code ?? 128), stdout, stderr });
    });
    child.stdin?.end();
  });
}

function refuse(results, { allowFailure = false }, what) {
  const failed = results.find(({ code }) => code !== 0);
  if (failed === undefined || allowFailure) return;
  throw new Error(`${what}: exit status ${failed.code}${failed.stderr === '' ? '' : `\n${failed.stderr}`}`);
}
