import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { upload } from '../../src/upload/upload.ts';
import { localConnection } from '../rig/local-connection.ts';
import { isLarge, share } from '../rig/share.ts';
import { silentLog } from '../rig/silent-log.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { toolbox, type Toolbox } from '../rig/toolbox.ts';

const tools = (
  'awk base64 cat chmod cp cut df find getconf gzip id ls mkdir mv nproc od openssl rm rmdir setsid sha256sum sleep sort ' +
  'tar tr wc xargs'
).split(' ');

/** Without these, others do their work, or nothing needs them. */
const optional = ['base64', 'df', 'getconf', 'gzip', 'nproc', 'od', 'openssl', 'setsid', 'sha256sum'];

interface Place extends AsyncDisposable {
  readonly box: Toolbox;
  /** Uploads into revision `new` what differs in part from the active revision `old`. */
  upload(): Promise<void>;
  /** What tools wrote into the file `seen` beside them. */
  seen(): string;
  /** The revision as `find` and `sha256sum` show it. */
  picture(): string;
}

/** Files of every kind that an upload tells apart: kept, changed, gone, moved alone and in company, odd, executable. */
const before = `mkdir -p site/a site/m "site/b c" site/gone/deep
  for i in 1 2 3 4 5 6 7; do echo "$i" >site/a/$i; echo "m$i" >site/m/$i; echo "g$i" >site/gone/deep/$i; done
  echo new >'site/b c/line
break'; echo odd >'site/b c/back\\slash'; echo run >site/run; chmod +x site/run; ln -s run site/link; echo one >site/one
  mkdir -p 'site/b c/own\\dir' site/own; echo k >site/own/key; chmod 700 'site/b c/own\\dir' site/own; chmod 600 site/a/2`;
const after = `rm -r site/gone site/a/3; mv site/m site/n; mv site/one site/two; echo changed >site/a/1
  mkdir site/fresh; echo fresh >site/fresh/file; echo x >'site/b c/back\\slash'`;

async function place(): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const { path: directory } = stack.use(await temporaryDirectory('upload-tools'));
  const box = await toolbox(directory, { sh: 'dash', ...Object.fromEntries(tools.map((tool) => [tool, tool])) });
  const workspace = `${directory}/workspace`;
  const revisions = `${directory}/revisions`;
  const shell = (script: string): void => void execFileSync('sh', ['-euc', script], { cwd: workspace });
  const put = async (revision: string, previous: string | undefined): Promise<void> => {
    mkdirSync(`${revisions}/${revision}`);
    const target = { name: 'here', symlinks: [], revisions };
    const runDirectory = `${revisions}/.shipper/runs/run-1`;
    const connection = localConnection(box.path, directory);
    const destination = {
      target,
      connection,
      revision,
      previous,
      runDirectory,
      stop: () => undefined,
      reconnect: async () => Promise.resolve(connection),
    };
    const what = { workspace, from: 'site', to: '.', exclude: [], umask: '022', log: silentLog };
    const { signal } = new AbortController();
    await upload({ destinations: [destination], ...what, revision, signal });
  };
  mkdirSync(workspace);
  mkdirSync(`${revisions}/.shipper/runs/run-1`, { recursive: true });
  shell(before);
  await put('old', undefined);
  shell(after);
  const held = stack.move();
  return {
    box,
    upload: async () => {
      for (const path of [`${revisions}/new`, `${revisions}/.shipper/manifests/new`])
        rmSync(path, { recursive: true, force: true });
      await put('new', 'old');
    },
    seen: () => readFileSync(`${directory}/seen`, 'utf8'),
    picture: () => {
      const show = 'find . -printf "%p %m %l\\n" | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum';
      return execFileSync('sh', ['-c', show], { cwd: `${revisions}/new`, encoding: 'utf8' });
    },
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

for (const how of ['is killed', 'gives up'] as const) {
  describe(`a tool that ${how} during an upload`, { concurrency: 4 }, () => {
    const parts = isLarge ? [0, 1, 2, 3] : [0];
    for (const part of parts) {
      test(`at whatever place, part ${part + 1} of ${parts.length}: an error that names it, or every file`, async (t) => {
        await using there = await place();
        there.box.count();
        there.box.begin();
        await there.upload();
        const right = there.picture();
        const calls = [...there.box.calls()].flatMap(([tool, count]) =>
          Array.from({ length: count }, (_, index) => [tool, index + 1, count] as const),
        );
        let failures = 0;
        const places = share(`uploads in which a tool ${how}`, calls, 8);
        for (const [tool, call, count] of places.filter((_, index) => index % parts.length === part)) {
          const what = `${tool}, call ${call} of ${count}`;
          there.box.fail(tool, call, how);
          there.box.begin();
          const error: unknown = await there.upload().catch((reason: unknown) => reason);
          if (error === undefined) assert.equal(there.picture(), right, what);
          else {
            assert.ok(error instanceof ShipperError, what);
            failures += 1;
            // Where the script's own shell is killed, the connection ends.
            const named = tool === 'sh' ? /\bsh\b|the connection was lost/ : new RegExp(`\\b${tool}\\b`);
            assert.match(error.message, named, `${what}: ${error.message}`);
            assert.match(error.code, /^(UPLOAD|CONNECT)$/, what); // The latter where it broke off in the middle of data.
          }
        }
        t.diagnostic(`${places.length} of ${calls.length} places, ${failures} failures in this part`);
      });
    }
  });
}

test('every directory of what stays is there before tar begins, which fails where another makes one beside it', async () => {
  await using there = await place();
  await there.upload();
  const right = there.picture();
  there.box.remove('df'); // Without it nothing is copied before the runner has spoken.
  there.box.before('mkdir', 'sleep 0.3');
  there.box.before('tar', 'find tree -type d | sort >>"${0%/*}/../seen" && echo . >>"${0%/*}/../seen"');
  there.box.begin();
  await there.upload();
  assert.equal(there.picture(), right);
  assert.equal(there.seen(), 'tree\ntree/a\ntree/own\n.\n');
});

test('a tool that is missing is named, or done without', async () => {
  await using there = await place();
  await there.upload();
  const right = there.picture();
  for (const tool of tools) {
    there.box.remove(tool);
    if (optional.includes(tool)) {
      await there.upload();
      assert.equal(there.picture(), right, tool);
    } else {
      await assert.rejects(there.upload(), {
        code: 'UPLOAD',
        message: new RegExp(`: ${tool} is missing on the target`),
      });
    }
  }
});
