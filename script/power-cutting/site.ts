import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type StartedAction, startAction } from '../../__tests__/rig/action.ts';
import { createWorkspace, type Workspace } from '../../__tests__/rig/workspace.ts';
import { randomFrom } from '../fuzzing/inputs.ts';
import { base, onMachine, type Way } from './look.ts';
import type { Files } from './promises.ts';

/** What the test deploys to one machine: each revision has files of its own, and some that the one before has too. */
export interface Pages extends AsyncDisposable {
  /** Starts the bundle with a command; `revision` is to be made by `deploy` and `prepare`. */
  start(command: string, revision: string): Promise<StartedAction>;
  /** The files of a revision, as they have to be on the target. */
  readonly whole: Map<string, Files>;
}

const config = {
  events: {
    'after:create_revision': [{ upload: 'dist' }],
    'after:link_current_revision': [{ run: 'test -d .' }],
  },
  config: {
    base_dir: base,
    directories: { revisions: 'revisions', share: 'share' },
    symlinks: { 'share/uploads': 'public/uploads' },
    revisions_to_keep: 2,
  },
};

export const kept = config.config.revisions_to_keep;
export const byHand = 'by-hand';
const foreign = { 'share/uploads/photo': 'a photo\n', 'notes.txt': 'not of Shipper\n' };
const handmade = { 'index.html': 'made by hand\n' };

/** Makes the directory to deploy into, with files that are not Shipper's, and has them on the disk. */
export async function prepareDisk(way: Way): Promise<void> {
  const write = Object.entries({ ...foreign, [`revisions/${byHand}/index.html`]: handmade['index.html'] });
  const lines = write.map(([path, text]) => `mkdir -p ${dirname(path)} && printf '%s\\n' '${text.trim()}' >${path}`);
  await onMachine(
    way,
    `mkdir -p ${base} && cd ${base} && ${lines.join(' && ')} && chown -R deploy:deploy /site && sync`,
  );
}

export const foreignFiles: Files = hashed(foreign);

function hashed(files: Readonly<Record<string, string>>): Files {
  return new Map(Object.entries(files).map(([path, text]) => [path, sha256(text)]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A tree of some files, of which half are those of every other revision. */
function filesOf(revision: string, seed: number): Readonly<Record<string, string>> {
  const random = randomFrom(seed);
  const own = (path: string, text: string): [string, string] =>
    random(2) === 0 ? [path, text] : [path, `${revision} ${text}`];
  const size = (): number => [40, 700, 5_000, 30_000][random(4)] ?? 0;
  const names = Array.from({ length: 16 }, (_, index) => `assets/${index % 4}/file-${index}.txt`);
  return {
    'index.html': `${revision}\n`,
    ...Object.fromEntries(names.map((path) => own(path, `${path}\n`.repeat(1 + size() / path.length)))),
  };
}

export interface PagesOptions {
  /** The bundle. */
  readonly entry: string;
  readonly seed: number;
  readonly port: number;
  readonly key: string;
  readonly knownHosts: string;
}

export async function makePages({ entry, seed, port, key, knownHosts }: PagesOptions): Promise<Pages> {
  const workspace = await createWorkspace(config);
  const whole = new Map<string, Files>([[byHand, hashed(handmade)]]);
  const inputs = { host: `127.0.0.1:${port}`, user: 'deploy', key, 'known-hosts': knownHosts, 'connect-timeout': '60' };
  return {
    whole,
    start: async (command, revision) => {
      if (command === 'deploy' || command === 'prepare') {
        const files = filesOf(revision, seed + whole.size);
        await fill(workspace, files);
        whole.set(revision, new Map([...hashed(files), ['public/uploads', `-> ${base}/share/uploads`]]));
      }
      return startAction({ cwd: workspace.path, entry, inputs: { ...inputs, command, revision } });
    },
    [Symbol.asyncDispose]: async () => workspace[Symbol.asyncDispose](),
  };
}

async function fill(workspace: Workspace, files: Readonly<Record<string, string>>): Promise<void> {
  const directory = join(workspace.path, 'dist');
  await rm(directory, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(directory, dirname(path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}
