import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { run } from '../rig/program.ts';
import type { Server } from '../rig/server.ts';
import { share } from '../rig/share.ts';
import { startSshd } from '../rig/sshd.ts';
import { yardAt, type Yard } from './yard.ts';

let server: Server;
before(async () => (server = await startSshd()));
after(async () => server[Symbol.asyncDispose]());

/** A yard with ten files in `site` and in the revision `NAME-1`; `name` is for the next one. */
async function uploaded(name: string): Promise<Yard & { readonly next: () => Promise<void>; readonly old: string }> {
  const yard = await yardAt(server);
  const script = 'mkdir -p d/e; for i in 0 1 2 3 4 5 6 7 8 9; do echo "content of $i" > d/e/$i; done; chmod +x d/e/9';
  await run('sh', ['-euc', script], `${yard.workspace}/site`);
  await yard.upload(`${name}-1`);
  const next = async (): Promise<void> => yard.upload(`${name}-2`, { previous: `${name}-1` });
  return Object.assign(yard, { next, old: `revisions/${name}-1` });
}

/** What the last line of an upload says that was sent and copied. */
function outcome(line: string): string {
  return line.replace(/^.* s: /, '').replace(/ \([^)]*\)/g, '');
}

describe('what the target has is checked, not trusted', () => {
  test('nothing is sent when nothing changed, and no inode is shared', async () => {
    await using yard = await uploaded('same');
    await run('sh', ['-c', 'find . -exec touch {} +'], `${yard.workspace}/site`);
    await yard.next();
    assert.equal(await yard.differences('same-2'), '');
    assert.match(yard.lines.at(-1) ?? '', /10 files verified .*: 0 files sent .*, 10 files copied on the target/);
    assert.equal(await server.sh('find revisions/same-* -type f -links +1'), '');
    await server.sh('echo damage >> revisions/same-2/d/e/1');
    assert.equal(await yard.differences('same-1'), '');
  });

  const changes = [
    ['changed', 'echo other >> 1; printf x > 2'],
    ['removed', 'rm 1 2'],
    ['made a symlink', 'rm 1; ln -s /etc/passwd 1; mv 2 3; ln -s 3 2'],
    ['made a directory', 'rm 1 2; mkdir -p 1/deep 2; touch 1/deep/x'],
    ['made a pipe', 'rm 1 2; mkfifo 1 2'],
  ] as const;
  for (const [what, change] of share('changes of a file', changes, 2)) {
    test(`a file that was ${what} in the old revision is sent again`, async () => {
      const name = what.replaceAll(' ', '-');
      await using yard = await uploaded(name);
      await server.sh(`cd ${yard.old}/d/e; ${change}`);
      await yard.next();
      assert.equal(await yard.differences(`${name}-2`), '');
      assert.ok(
        yard.lines.some((line) =>
          /[23] files had been changed on the target since they were uploaded, such as d\/e\/1/.test(line),
        ),
      );
    });
  }

  test('modes that were changed in the old revision do not spread', async () => {
    await using yard = await uploaded('modes');
    await server.sh(`cd ${yard.old}/d; chmod 777 e e/1; chmod 4755 e/2; chmod 600 e/9`);
    await yard.next();
    assert.equal(await yard.differences('modes-2'), '');
  });

  test('files before the first one that stays are sent, whatever the target keeps after them', async () => {
    await using yard = await uploaded('first');
    await run('sh', ['-c', 'echo new > d/e/0; rm d/e/1'], `${yard.workspace}/site`);
    await yard.next();
    assert.equal(await yard.differences('first-2'), '');
    assert.deepEqual(yard.lines.slice(1).map(outcome), ['1 file sent, 8 files copied on the target']);
  });

  test('a file whose name is a backslash is not taken for a directory that is named like its escape', async () => {
    await using yard = await yardAt(server);
    const files = String.raw`mkdir '\0134' '\0015'; echo > '\0134/f'; printf '%040000d' 1 > '\'; cp '\' "$(printf '\r')"`;
    await run('sh', ['-euc', files], `${yard.workspace}/site`);
    await yard.upload('escape-1');
    await run('sh', ['-c', String.raw`mv '\' moved`], `${yard.workspace}/site`);
    await yard.upload('escape-2', { previous: 'escape-1' });
    assert.equal(await yard.differences('escape-2'), '');
    assert.deepEqual(yard.lines.slice(1).map(outcome), ['0 files sent, 3 files copied on the target']);
  });

  test('renamed directories are copied on the target, together and not sent', async () => {
    await using yard = await uploaded('moved');
    await run('sh', ['-c', 'mkdir -p x/y; mv d/e x/y/z; mv x/y/z/1 x/y/z/one'], `${yard.workspace}/site`);
    await yard.next();
    assert.equal(await yard.differences('moved-2'), '');
    assert.match(yard.lines.at(-1) ?? '', /1 file sent .*, 9 files copied/);
  });

  const damages = [
    ['of another content', 's/^..../0000/'],
    ['cut short', '$d'],
    ['full of nonsense', 's/.*/nonsense ..\\/..\\/etc\\/passwd/'],
  ] as const;
  for (const [what, damage] of share('damages', damages, 1)) {
    test(`a manifest ${what} costs time only`, async () => {
      const name = what.replaceAll(' ', '-');
      await using yard = await uploaded(name);
      await server.sh(`sed -i '${damage}' revisions/.shipper/manifests/${name}-1/*`);
      await yard.next();
      assert.equal(await yard.differences(`${name}-2`), '');
    });
  }

  test('a manifest whose hashes lie is found out, and everything is sent', async () => {
    await using yard = await uploaded('lies');
    await server.sh(`sed -i 's/^\\(.\\{20\\}\\)..../\\10000/' revisions/.shipper/manifests/lies-1/*`);
    await yard.next();
    assert.equal(await yard.differences('lies-2'), '');
    assert.ok(yard.lines.some((line) => line.includes('is damaged: sending everything')));
  });

  test('manifests of revisions that are gone go too', async () => {
    await using yard = await uploaded('gone');
    await server.sh(`rm -rf ${yard.old}`);
    await yard.next();
    assert.equal(await yard.differences('gone-2'), '');
    assert.equal(await server.sh('ls revisions/.shipper/manifests | grep gone'), 'gone-2');
  });
});

describe('nothing is put where it does not belong', () => {
  for (const [what, there, message] of [
    [
      'through a symlink to a directory',
      'ln -s /tmp d',
      /d is a symlink in the revision, and nothing is uploaded through one/,
    ],
    ['through a symlink further down', 'mkdir d; ln -s /tmp d/e', /d\/e is a symlink in the revision/],
    ['over a directory', 'mkdir -p d/e/1', /d\/e\/1 is a directory in the revision, but none in the upload/],
    ['into a file', 'touch d', /d is a directory in the upload, but a file in the revision/],
  ] as const) {
    test(`an upload ${what} of the revision is refused and leaves nothing`, async () => {
      const name = what.replaceAll(' ', '-');
      await using yard = await uploaded(name);
      await yard.make(`${name}-2`);
      await server.sh(`cd revisions/${name}-2 && ${there}`);
      const before = await server.sh(`find revisions/${name}-2; ls -A /tmp/e 2>&1 || true`);
      await assert.rejects(yard.add(`${name}-2`, { previous: `${name}-1` }), message);
      assert.equal(await server.sh(`find revisions/${name}-2; ls -A /tmp/e 2>&1 || true`), before);
    });
  }

  test('a symlink in the place of a file is replaced, what it leads to stays', async () => {
    await using yard = await uploaded('over-link');
    await yard.make('over-link-2');
    await server.sh(
      `echo precious > precious; cd revisions/over-link-2; mkdir -p d/e; ln -s ../../../../precious d/e/1; chmod 777 d d/e`,
    );
    await yard.add('over-link-2', { previous: 'over-link-1' });
    assert.equal(await server.sh('cat precious revisions/over-link-2/d/e/1'), 'precious\ncontent of 1');
  });
});
