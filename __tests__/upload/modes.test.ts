import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { share } from '../rig/share.ts';
import { yardHere, type YardHere } from './yard-here.ts';

/** Default ACL of the directory of revisions, without names of accounts: no machine need have them. */
const named = 'user::rwx,user:12345:rwx,group::r-x,group:12346:rwx,mask::rwx,other::r-x';

/** What is uploaded: its mode here, and there by umask 022, and by that default ACL (its mask in the group's place). */
const entries = [
  ['plain', 0o644, 'rw-r--r--', 'rw-rw-r--'],
  ['program', 0o755, 'rwxr-xr-x', 'rwxrwxr-x'],
  ['private', 0o600, 'rw-------', 'rw-------'],
  ['of-group', 0o640, 'rw-r-----', 'rw-rw----'],
  ['of-others', 0o604, 'rw----r--', 'rw----r--'],
  ['own-program', 0o700, 'rwx------', 'rwx------'],
  ['program-of-group', 0o750, 'rwxr-x---', 'rwxrwx---'],
  ['to-run', 0o711, 'rwx--x--x', 'rwx--x--x'],
  ['to-run-by-owner', 0o744, 'rwxr--r--', 'rwxrw-r--'],
  ['open/', 0o755, 'rwxr-xr-x', 'rwxrwxr-x'],
  ['shared/', 0o750, 'rwxr-x---', 'rwxrwx---'],
  ['own/', 0o700, 'rwx------', 'rwx------'],
  ['passage/', 0o711, 'rwx--x--x', 'rwx--x--x'],
] as const;

/** In each of them there is each of the entries. */
const kept = 'kept';
const odd = 'back\\slash and\nbreak';

function fill(directory: string, suffix = ''): void {
  mkdirSync(directory);
  for (const [name, mode] of entries) {
    const path = join(directory, name.replace('/', '') + suffix);
    if (name.endsWith('/')) {
      mkdirSync(path);
      writeFileSync(join(path, 'file'), name);
      chmodSync(join(path, 'file'), 0o644);
    } else writeFileSync(path, name);
    chmodSync(path, mode);
  }
  chmodSync(directory, 0o755);
}

/** Letters of a mode by path, as ls shows them, of all that is in a revision; with an ACL all that getfacl shows. */
function picture(revision: string): Readonly<Record<string, string>> {
  const show = (command: string) => execFileSync('sh', ['-c', command], { cwd: revision, encoding: 'latin1' });
  const paths = show('find . -mindepth 1 -print0 | sort -z').split('\0').slice(0, -1);
  const blocks = show('find . -mindepth 1 -print0 | sort -z | xargs -0 getfacl -cEn --').trimEnd().split('\n\n');
  assert.equal(blocks.length, paths.length);
  return Object.fromEntries(paths.map((path, index) => [path.slice(2), (blocks[index] ?? '').trim()] as const));
}

function withoutAcl(letters: string): string {
  return `user::${letters.slice(0, 3)}\ngroup::${letters.slice(3, 6)}\nother::${letters.slice(6)}`;
}

function withAcl(letters: string, isDirectory: boolean): string {
  const [user, mask, other] = [letters.slice(0, 3), letters.slice(3, 6), letters.slice(6)];
  const own = `user::${user},user:12345:rwx,group::r-x,group:12346:rwx,mask::${mask},other::${other}`;
  const inherited = isDirectory ? `,${named.replace(/^|,/g, (before) => `${before}default:`)}` : '';
  return `${own}${inherited}`.replaceAll(',', '\n');
}

/** What is expected of the entries below a directory. */
function expected(directory: string, acl: boolean, suffix = '', order: readonly (typeof entries)[number][] = entries) {
  const as = (letters: readonly [string, string], isDirectory: boolean) =>
    acl ? withAcl(letters[1], isDirectory) : withoutAcl(letters[0]);
  const found = order.flatMap(([name, , ...letters]) => {
    const isDirectory = name.endsWith('/');
    const path = `${directory}/${name.replace('/', '')}${suffix}`;
    const within = isDirectory ? [[`${path}/file`, as(['rw-r--r--', 'rw-rw-r--'], false)] as const] : [];
    return [[path, as(letters, isDirectory)] as const, ...within];
  });
  return Object.fromEntries([[directory, as(['rwxr-xr-x', 'rwxrwxr-x'], true)], ...found]);
}

function setAcl(yard: YardHere): void {
  execFileSync('setfacl', ['-d', '-m', named, yard.revisions]);
}

for (const tools of share('tools of modes', ['GNU', 'BusyBox', 'bsdtar'] as const, 1)) {
  for (const acl of [false, true]) {
    test(`with ${tools} and ${acl ? 'a' : 'no'} default ACL every deploy gives every mode, what is closed stays closed`, async () => {
      await using yard = await yardHere(tools);
      if (acl) setAcl(yard);
      fill(join(yard.site, kept));
      fill(join(yard.site, 'one'));
      fill(join(yard.site, odd), '\n');
      const unchanged = { ...expected(kept, acl), ...expected(odd, acl, '\n') };
      await yard.upload('v1');
      assert.deepEqual(picture(yard.path('v1')), { ...unchanged, ...expected('one', acl) });

      // Modes and ACLs that somebody gave the old revision do not spread, and a renamed directory is copied there. What
      // others may write to, who may not write to the revision itself, is sent anew.
      const spoil = `setfacl -m u:12347:rwx ${kept}/plain ${kept}/open/file; chmod 777 ${kept}/open ${kept}/private; chmod 4711 ${kept}/program`;
      execFileSync('sh', ['-c', spoil], { cwd: yard.path('v1') });
      renameSync(join(yard.site, 'one'), join(yard.site, 'two'));
      await yard.upload('v2', 'v1');
      assert.deepEqual(picture(yard.path('v2')), { ...unchanged, ...expected('two', acl) });
      assert.match(yard.lines.at(-1) ?? '', acl ? /: 2 files sent / : /: 3 files sent /);

      // A manifest of an older version knows only whether a file can be run.
      execFileSync('sh', [
        '-c',
        `sed -i 's/^\\(.\\{65\\}\\)[A-Z]/\\1x/; s/^\\(.\\{65\\}\\)[a-o]/\\1f/' "$1"/*`,
        'sh',
        join(yard.revisions, '.shipper/manifests/v2'),
      ]);
      await yard.upload('v3', 'v2');
      assert.deepEqual(picture(yard.path('v3')), picture(yard.path('v2')));
      assert.match(yard.lines.at(-1) ?? '', /: 0 files sent /);
    });
  }
}

describe('modes of an upload', () => {
  test('what was opened or closed since the last deploy is, and so is what another upload put there open', async () => {
    await using yard = await yardHere('GNU');
    fill(join(yard.site, kept));
    await yard.upload('v1');
    const swap = (one: string, other: string): void => {
      const modes = [one, other].map((name) => statSync(join(yard.site, kept, name)).mode);
      [other, one].forEach((name, index) => chmodSync(join(yard.site, kept, name), modes[index] ?? 0));
    };
    swap('plain', 'private');
    swap('program', 'own-program');
    swap('open', 'own');
    const swapped = expected(kept, false);
    for (const [one, other] of [
      ['plain', 'private'],
      ['program', 'own-program'],
      ['open', 'own'],
    ] as const) {
      const [of, is] = [`${kept}/${one}`, `${kept}/${other}`];
      [swapped[of], swapped[is]] = [swapped[is] ?? '', swapped[of] ?? ''];
    }
    await yard.upload('v2', 'v1');
    assert.deepEqual(picture(yard.path('v2')), swapped);
    await yard.add('v1', 'v1');
    assert.deepEqual(picture(yard.path('v1')), { ...swapped, [`${kept}/own`]: withoutAcl('rwx------') });
  });

  test('nothing counts as closed that the uploaded directory itself does not open', async () => {
    await using yard = await yardHere('GNU');
    fill(join(yard.site, kept));
    chmodSync(yard.site, 0o750);
    await yard.upload('v1');
    const found = picture(yard.path('v1'));
    for (const [name, letters] of [
      ...([
        ['of-group', 'rw-r--r--'],
        ['program-of-group', 'rwxr-xr-x'],
        ['shared', 'rwxr-xr-x'],
        ['private', 'rw----r--'],
      ] as const),
      ['own', 'rwx---r-x'],
    ] as const) {
      assert.equal(found[`${kept}/${name}`], withoutAcl(letters), name);
    }
    assert.match(yard.lines.join('\n'), /closed to group or others, as here: .* such as kept\//);
  });

  test('a single file is private where its directory is not', async () => {
    await using yard = await yardHere('GNU');
    writeFileSync(join(yard.site, 'key'), 'secret', { mode: 0o600 });
    await yard.upload('v1', undefined, { from: 'site/key' });
    assert.deepEqual(picture(yard.path('v1')), { key: withoutAcl('rw-------') });
  });

  for (const tools of share('tools of groups', ['GNU', 'BusyBox', 'bsdtar'] as const, 1)) {
    test(`directories of a group's directory belong to that group: ${tools}`, async () => {
      await using yard = await yardHere(tools);
      chmodSync(yard.revisions, 0o2775);
      fill(join(yard.site, kept));
      for (const [revision, previous] of [['v1', undefined] as const, ['v2', 'v1'] as const]) {
        await yard.upload(revision, previous, { umask: '002' });
        const modes = [kept, `${kept}/open`, `${kept}/shared`, `${kept}/own`, `${kept}/open/file`].map((path) =>
          statSync(join(yard.path(revision), path))
            .mode.toString(8)
            .slice(-4),
        );
        assert.deepEqual(modes, ['2775', '2775', '2770', '2700', '0664']);
        assert.deepEqual(readdirSync(yard.path(revision)), [kept]);
      }
    });
  }
});
