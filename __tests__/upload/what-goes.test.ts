import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { executables } from '../../src/upload/git-modes.ts';
import { run } from '../rig/program.ts';
import type { Server } from '../rig/server.ts';
import { startSshd } from '../rig/sshd.ts';
import { yardAt, type Yard } from './yard.ts';

let server: Server;
before(async () => (server = await startSshd()));
after(async () => server[Symbol.asyncDispose]());

/** A yard whose workspace was prepared by a script; revisions are named after the test's number. */
async function prepared(
  script: string,
): Promise<Yard & { readonly tree: (revision: string) => Promise<readonly string[]> }> {
  const yard = await yardAt(server);
  await run('sh', ['-euc', script], yard.workspace);
  const tree = async (revision: string): Promise<readonly string[]> =>
    (await server.sh(`cd revisions/${revision} && find . ! -name . | sort | cut -c 3-`)).split('\n').filter(Boolean);
  return Object.assign(yard, { tree });
}

describe('what an upload takes, and where it puts it', () => {
  test('a single file goes into the directory that `to` names', async () => {
    await using yard = await prepared('echo jar > site/app.jar');
    await yard.upload('file', { from: 'site/app.jar', to: 'lib/java' });
    assert.deepEqual(await yard.tree('file'), ['lib', 'lib/java', 'lib/java/app.jar']);
  });

  test('backslashes of a Windows user count as slashes', async () => {
    await using yard = await prepared('mkdir site/dist; echo 1 > site/dist/index.html');
    await yard.upload('slashes', { from: String.raw`site\dist`, to: String.raw`public\web` });
    assert.deepEqual(await yard.tree('slashes'), ['public', 'public/web', 'public/web/index.html']);
  });

  test('.shipignore counts from the workspace down, `exclude` goes before it, .git never goes', async () => {
    await using yard = await prepared(`
      mkdir -p site/.git site/build/maps site/docs 'site/[odd] dir' site/empty-by-rule
      printf '*.map\\n/site/secret\\n' > .shipignore
      printf 'docs/\\n!docs/keep\\n' > site/.shipignore
      printf '*.tmp\\n!important.tmp\\n' > 'site/[odd] dir/.shipignore'
      for f in a.map a.js secret build/maps/x.map build/x.js docs/keep '[odd] dir/a.tmp' '[odd] dir/important.tmp' \\
        kept.map A.MAP .git/HEAD empty-by-rule/a.map build/gone.css; do echo "$f" > "site/$f"; done`);
    await yard.upload('rules', { exclude: ['!kept.map', '/build/*.css', 'A.map'] });
    assert.deepEqual(await yard.tree('rules'), [
      ...['A.MAP', '[odd] dir', '[odd] dir/important.tmp', 'a.js', 'build', 'build/maps', 'build/x.js'],
      ...['empty-by-rule', 'kept.map'],
    ]);
  });

  test('several uploads into one revision add up, and a later one replaces what is in its way', async () => {
    await using yard = await prepared(`
      mkdir -p one/sub/deep two/sub three
      echo 1 > one/a; echo 1 > one/sub/b; echo 1 > one/sub/deep/c
      echo 2 > two/a; echo 2 > two/sub/d; ln -s a two/link; echo 3 > three/e`);
    await yard.upload('adds', { from: 'one' });
    await yard.add('adds', { from: 'two' });
    await yard.add('adds', { from: 'three', to: 'sub/deep' });
    assert.deepEqual(await yard.tree('adds'), [
      'a',
      'link',
      'sub',
      'sub/b',
      'sub/d',
      'sub/deep',
      'sub/deep/c',
      'sub/deep/e',
    ]);
    assert.equal(await server.sh('cat revisions/adds/a'), '2');
    await run('sh', ['-c', 'echo 4 >> three/e'], yard.workspace);
    await yard.upload('adds-again', { from: 'one', previous: 'adds' });
    await yard.add('adds-again', { from: 'three', to: 'sub/deep', previous: 'adds' });
    assert.deepEqual(await yard.tree('adds-again'), ['a', 'sub', 'sub/b', 'sub/deep', 'sub/deep/c', 'sub/deep/e']);
    assert.match(yard.lines.at(-2) ?? '', /1 file sent .* 2 files copied/);
  });

  test('the umask applies to files and directories, sent or copied', async () => {
    await using yard = await prepared(
      'mkdir site/d; echo 1 > site/d/f; echo 2 > site/x; chmod 700 site/x; chmod 600 site/d/f',
    );
    for (const [revision, previous] of [['mask-1', undefined] as const, ['mask-2', 'mask-1'] as const]) {
      await yard.upload(revision, { umask: '027', ...(previous === undefined ? {} : { previous }) });
      assert.equal(await server.sh(`cd revisions/${revision} && stat -c %a d d/f x | tr '\\n' ' '`), '750 600 700 ');
    }
  });

  for (const [what, script, from, message] of [
    ['what is not there', 'true', 'dist', /there is no dist in the workspace: is it built/],
    ['what is outside the workspace', 'true', '../x', /leaves the workspace by "\.\."/],
    [
      'what a symlink leads to outside',
      'ln -s /etc out',
      'out',
      /out is a symlink to \/etc, outside the workspace: put /,
    ],
    ['a link out of the directory', 'echo > top; ln -s ../top site/l', 'site', /the symlink l → \.\.\/top leads out/],
    [
      'a link out through another',
      'mkdir site/d; ln -s . site/d/s; ln -s d/s/../../.. site/l',
      'site',
      /the symlink l .* leads out/,
    ],
    ['an absolute link', 'ln -s /etc/passwd site/l', 'site', /l → \/etc\/passwd is absolute/],
    ['a pipe', 'mkfifo site/p', 'site', /p is a socket, a device or a pipe/],
    [
      'a rule that is none',
      "printf '*.map\\n[a/**/b\\n' > .shipignore",
      'site',
      /\.shipignore, line 2: "\[a\/\*\*\/b" is no pattern/,
    ],
    [
      'a rule of many stars',
      "echo '*a*a*a*a*a*a*a*a*a*a*ab' > .shipignore",
      'site',
      /line 1: .* has more than 10 stars/,
    ],
    ['what the rules leave out whole', 'echo site/ > .shipignore', 'site', /leaves it out/],
    ['a place outside of the revision', 'true', 'site>../up', /leaves the revision by "\.\."/],
  ] as const) {
    test(`refuses ${what}`, async () => {
      await using yard = await prepared(script);
      const [source = '', to = '.'] = from.split('>');
      const refused = yard.upload('refused', { from: source, to });
      await assert.rejects(
        refused,
        (error) => error instanceof Error && 'code' in error && error.code === 'UPLOAD' && message.test(error.message),
      );
    });
  }

  test('links within the directory are kept as they are, dangling ones and circles too', async () => {
    await using yard = await prepared(
      'mkdir -p site/a/b; cd site; ln -s ../../x a/b/up; ln -s none x; ln -s me me; ln -s a/b ab; ln -s ab/../../x y',
    );
    await yard.upload('links');
    assert.equal(await yard.differences('links'), '');
  });

  test("on Windows, git's index says what is executable", async () => {
    await using yard = await prepared(
      `cd site; git init -q; mkdir -p sub; echo > sub/run.sh; echo > sub/plain
       git add .; git update-index --chmod=+x sub/run.sh`,
    );
    const root = `${yard.workspace}/site/sub`;
    assert.deepEqual(await executables(root, false, 'win32'), new Set(['run.sh']));
    assert.deepEqual(await executables(`${root}/plain`, true, 'win32'), new Set(['run.sh']));
    assert.deepEqual(await executables('/proc', false, 'win32'), new Set());
    assert.equal(await executables(root, false, 'linux'), undefined);
  });
});
