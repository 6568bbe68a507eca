import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { isLarge } from '../rig/share.ts';
import { visible } from '../../src/visible.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { startSshd } from '../rig/sshd.ts';
import { temporaryDirectory } from '../rig/temporary.ts';
import { errorsOf, logOf, printedIn, type Site, siteOn, warningsOf } from './site.ts';

/** Executed anywhere by any shell, any of these would leave a file. */
const directory = await temporaryDirectory('trap');
const trap = `${directory.path}/sprung`;
await writeFile(`${directory.path}/shipper-trap`, `#!/bin/sh\necho "$0 $*" >>${trap}\n`, { mode: 0o755 });
await chmod(directory.path, 0o777);
process.env['PATH'] = `${directory.path}:${process.env['PATH'] ?? ''}`;
const server = await startSshd({ config: [`SetEnv PATH=${directory.path}:/usr/bin:/bin`] });
after(async () => {
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});
const poison = [
  ...[
    '$(shipper-trap)',
    '`shipper-trap`',
    ';shipper-trap;',
    "';shipper-trap;'",
    '";shipper-trap;"',
    '\\$(shipper-trap)',
  ],
  ...['|shipper-trap|', '&&shipper-trap', '\\047;shipper-trap;\\047', '~shipper-trap~', '${x:=$(shipper-trap)}'],
];
const odd = [
  ...[
    ' ',
    "'",
    '"',
    '\\',
    '~',
    '*',
    '?',
    '[a]',
    '{a,b}',
    '!',
    '#',
    '%',
    '&',
    '|',
    ';',
    '<',
    '>',
    '(',
    ')',
    '^',
    '=',
    ',',
  ],
  ...[
    'é',
    '日本',
    '🚢',
    '\u202e',
    '\u00a0',
    '-',
    '--',
    '-rf',
    '$',
    '$$',
    '$1',
    '${HOME}',
    '\\0101',
    '\\c',
    '%s',
    '$IFS',
  ],
  ...poison,
];
const segment = fc
  .array(fc.constantFrom(...odd, 'a', 'b', '.', '..', 'x y'), { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(''))
  .filter((name) => name !== '.' && name !== '..' && !name.startsWith('~') && !name.includes('/'))
  .filter((name) => Buffer.byteLength(name) <= 200);
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
/** What the config lets a revision be called. */
const name = segment.filter((text) => !/^[.-]|[\s\p{C}]/u.test(text));

async function listing(site: Site, where: string): Promise<string> {
  return site.sh(
    `cd -- "$(printf '%s' ${quote(where)})" && find . -mindepth 1 ! -path './*/.shipper*' -printf '%P\\t%l\\n' | LC_ALL=C sort`,
  );
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

describe('names of any kind are names', { concurrency: 3 }, () => {
  test('of base_dir, revisions, directories, symlinks and the active symlink', async () => {
    const site = fc.record({
      base: segment,
      active: segment,
      directory: path,
      source: path,
      links: fc.uniqueArray(path, { minLength: 1, maxLength: 12 }),
      revision: name,
    });
    await fc.assert(
      fc.asyncProperty(site, async ({ base, active, directory, source, links, revision }) => {
        await using place = await siteOn(server);
        const first = links.filter(
          (link, index) =>
            !links.some(
              (other, at) => at !== index && (`${link}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${link}/`)),
            ),
        );
        const symlinks = Object.fromEntries(first.map((link, index) => [`${source}/${index}`, link]));
        const root = `${place.base}/${base}`;
        const config = {
          base_dir: root,
          active_symlink: `links/${active}`,
          directories: { revisions: 'revs/r', share: `shares/${directory}`, links: 'links' },
          symlinks,
          sync: false,
        };
        await place.workspace.configure({
          config,
          events: { 'after:create_revision': [{ run: 'printf "%s\\n" "$PWD" "$SHIPPER_REVISION"' }] },
        });
        const run = await place.run({ revision });
        assert.equal(run.code, 0, logOf(run));
        assert.deepEqual(printedIn(run), [visible(`${root}/revs/r/${revision}`), revision]);
        assert.equal(run.outputs['active-revision'], revision);
        for (const [from, link] of Object.entries(symlinks)) {
          const links = [`${root}/links/${active}/${link}`, `${root}/links/${active}`].map(async (each) =>
            place.sh(`readlink -- ${quote(each)}`),
          );
          assert.deepEqual(await Promise.all(links), [`${root}/${from}`, `${root}/revs/r/${revision}`]);
        }
        const outside = (await listing(place, place.base)).split('\n').filter((line) => !line.startsWith(base));
        assert.deepEqual(outside, []);
        assert.ok(!existsSync(trap));
      }),
      { numRuns: isLarge ? 6 : 2 },
    );
  });

  test('of revisions, through deploy, rotation, rollback and back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { minLength: 4, maxLength: 4 }),
        async ([one = '', two = '', three = '', four = '']) => {
          await using site = await siteOn(server, { config: { revisions_to_keep: 1 } });
          for (const revision of [one, two]) await site.succeed({ revision });
          assert.equal((await site.succeed({ command: 'rollback' })).outputs['active-revision'], one);
          const third = await site.succeed({ revision: three });
          assert.deepEqual(third.result?.targets[0]?.purged, [two]);
          const fourth = await site.succeed({ revision: four });
          assert.deepEqual(fourth.result?.targets[0]?.purged, [one]);
          assert.equal(
            (await site.succeed({ command: 'rollback', revision: three })).outputs['previous-revision'],
            four,
          );
          assert.equal(await site.sh('readlink current'), `${site.base}/revisions/${three}`);
          assert.ok(!existsSync(trap));
        },
      ),
      { numRuns: isLarge ? 2 : 1 },
    );
  });

  test('of revisions that are the same number, but not the same name', async () => {
    await using site = await siteOn(server, { config: { revisions_to_keep: 20 } });
    const versions = [
      '1.1',
      '1.2',
      '1.10',
      '1.100',
      '01',
      '1',
      '1e2',
      '100',
      '0x10',
      '16',
      '+5',
      '5',
      'nan',
      'inf',
      '1e999',
    ];
    for (const revision of versions.slice(0, 3)) await site.succeed({ revision });
    assert.equal((await site.succeed({ command: 'rollback' })).outputs['active-revision'], '1.2');
    for (const revision of versions.slice(3))
      assert.equal((await site.succeed({ revision })).outputs['revision'], revision);
    for (const revision of versions.slice(3, -1).toReversed()) {
      assert.equal((await site.succeed({ command: 'rollback' })).outputs['active-revision'], revision);
    }
  });

  test('as long as a file system has them', async () => {
    const long = (character: string, bytes: number): string => character.repeat(bytes / Buffer.byteLength(character));
    const [source, active, parent] = [long('é', 254), long('a', 255), long('b', 255)];
    const config = {
      active_symlink: active,
      directories: { source },
      symlinks: { [source]: `${parent}/${long('c', 255)}`, [`${source}/`]: long('d', 255) },
    };
    await using site = await siteOn(server, { config });
    await site.succeed({ revision: long('🚢', 200) });
    assert.match(
      await site.sh(`readlink ${active}; ls ${active}/${parent}`),
      new RegExp(`${long('🚢', 200)}\n${long('c', 255)}$`),
    );
  });
});

describe('what runs elsewhere cannot do harm by its words', { concurrency: 3 }, () => {
  const words = [...poison, ...odd].join(' ');

  test('a command gets to the shell as it was written', async () => {
    const parts = poison.map((text) => `printf '%s\\n' ${quote(text)}`);
    const run = [...parts, "cat <<'END'", words, 'END', `# ${'x'.repeat(90_000)} it's long`].join('\n');
    await using site = await siteOn(server, { events: { 'after:create_revision': [{ run }] } });
    assert.deepEqual(printedIn(await site.succeed()), [...poison, visible(words)]);
    assert.ok(!existsSync(trap));
  });

  test('the facts of a run: actor, commit, run and workflow commands in them', async () => {
    await using site = await siteOn(server);
    const actor = `a\nreturned v1 1 x - - - - .\n::error::${words}`;
    const env = {
      GITHUB_ACTOR: actor,
      GITHUB_SHA: `\n::error::x ${words}`,
      GITHUB_REPOSITORY: words,
      GITHUB_RUN_ID: words,
    };
    const run = await site.succeed({ revision: 'v1' }, env);
    assert.deepEqual([...errorsOf(run), ...warningsOf(run)], []);
    const status = await site.succeed({ command: 'status' });
    assert.deepEqual(
      status.result?.targets[0]?.revisions?.map(({ actor: who, state }) => [who, state]),
      [[actor, 'completed']],
    );
    assert.deepEqual(status.annotations, []);
    assert.ok(!existsSync(trap));
  });

  test('directories that others made among the revisions are shown as they are, and left alone', async () => {
    await using site = await siteOn(server, { config: { revisions_to_keep: 1 } });
    const foreign = [...odd.filter((text) => text !== '.shipper'), 'a\nb', '::error::x', 'x\n::error::y', 'v1.run-x'];
    await site.put(['mkdir -p revisions', ...foreign.map((each) => `mkdir -- revisions/${quote(each)}`)].join('\n'));
    for (const revision of ['v1', 'v2', 'v3']) await site.succeed({ revision });
    const run = await site.succeed({ command: 'status' });
    const rows = run.result?.targets[0]?.revisions ?? [];
    assert.deepEqual(
      rows
        .filter(({ state }) => state === 'foreign')
        .map(({ name: each }) => each)
        .toSorted(),
      foreign.toSorted(),
    );
    assert.deepEqual(run.annotations, []);
    await site.succeed({ command: 'rollback', revision: "'" });
    assert.equal(await site.sh('readlink current'), `${site.base}/revisions/'`);
    assert.ok(!existsSync(trap));
  });

  test('symlinks that replace what stands at their paths, whatever their names', async () => {
    const names = ['old', 'a', '.shipper', '-rf', 'lost+found'];
    const symlinks = Object.fromEntries(names.map((each, index) => [`share/${index}`, `in/${each}`]));
    await using site = await siteOn(server, { config: { source_dir: 'source', symlinks } });
    await site.put(
      [
        'mkdir -p source/in share',
        'cd source/in',
        'mkdir ./-rf old a',
        'touch old/x a/x .shipper',
        'ln -s nowhere lost+found',
        ...names.map((_, index) => `mkdir ../../share/${index}`),
      ].join('\n'),
    );
    const run = await site.succeed();
    assert.deepEqual(warningsOf(run), []);
    const expected = names.map((each, index) => `${each} ${site.base}/share/${index}`).toSorted();
    assert.deepEqual(
      (await site.sh("find current/in/ -mindepth 1 -printf '%P %l\\n'")).split('\n').toSorted(),
      expected,
    );
    assert.equal(
      await site.sh('ls -A source/in | wc -l; ls source/in/old share'),
      '5\nshare:\n0\n1\n2\n3\n4\n\nsource/in/old:\nx'.replace(/^([^]*)$/, '$1'),
    );
  });

  test('a link that cannot be made leaves what was there, and the links beside it are made', async () => {
    const symlinks = { 'share/a': 'in/a', 'share/b': 'in/b' };
    await using site = await siteOn(server, {
      config: { symlinks, directories: { a: 'share/a', b: 'share/b' } },
      events: {
        'before:create_symlinks': [{ run: 'mkdir -p in/a/sub in/b; touch in/a/sub/x; chmod 555 in/a/sub in/a' }],
      },
    });
    const run = await site.succeed();
    const left = await site.sh("find current/in/ -name '.shipper*'; readlink current/in/b");
    assert.equal(left, `${site.base}/share/b`, logOf(run));
  });
});

describe('a repository cannot reach out of its workspace', { concurrency: 3 }, () => {
  test('by a module’s directory that is a symlink, whatever the config names', async () => {
    const secret = `export class Site { run() {} }\nimport { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(trap)}, '');`;
    await using outside = await siteOn(server, { files: { 'hooks.mjs': secret } });
    const references = ['link.hooks.Site.run', 'file.Site.run', 'deep.link.hooks.Site.run'];
    await using site = await siteOn(server, {
      events: { 'on:start': references },
      files: {
        link: { link: outside.workspace.path },
        'file.mjs': { link: `${outside.workspace.path}/hooks.mjs` },
        'deep/link': { link: '../link' },
      },
    });
    const run = await site.run();
    assert.deepEqual(
      errorsOf(run).map(({ title, line }) => [title, line]),
      [4, 5, 6].map((line) => ['Shipper: CONFIG', line]),
      logOf(run),
    );
    assert.ok(!existsSync(trap));
  });

  test('by modules whose top level fails, ends the process or lies about what it exports', async () => {
    const files = {
      'a.mjs': 'throw new Error("::error::no\\nluck");',
      'b.cjs': 'process.exit(0)',
      'c.mjs': 'export class Site { constructor() { throw null } run() {} }',
      'd.mjs': 'export const Site = () => 1;',
      'e.mjs': 'export class Site { get run() { throw new Error("got") } }',
    };
    for (const name of ['a', 'c', 'd', 'e', 'b']) {
      await using site = await siteOn(server, { events: { 'on:start': [`${name}.Site.run`] }, files });
      const run = await site.run();
      assert.deepEqual([run.code, errorsOf(run).map(({ title }) => title)], [1, ['Shipper: CONFIG']], logOf(run));
      assert.equal(await site.tree(), '');
    }
  });
});

describe('a server that lies', { concurrency: 3 }, () => {
  const command = '\\0012::error::x';
  const lies: readonly [string, readonly string[]][] = [
    [
      'in every fact',
      [`active ${command} ${command}`, `listed ${command} ${command} 1 1 ${command} ${command} ${command}`],
    ],
    ['about the holder of the lock', [`holder ${command} ${command} ${command} ${command} ${command} ${command} x y`]],
    ['in warnings', [`warning ${command} ${command}`]],
    ['about times', ['listed v1 completed 99999999999999 -99999999999999 a b c', 'listed v2 completed 1e9 0x7 a b c']],
  ];
  const impossible = [
    ...[`${command} x`, 'purged', 'listed', 'linked', '', ' ', 'step', 'verdict unknown', `settled ${command}`],
    ...['revision v1', 'completed v1', 'active ../x x', 'returned v1 x'],
  ];
  test('in facts that it cannot have been asked for is not listened to any more', async () => {
    let lie = '';
    await using other = await startSshServer({
      exec: (channel) => {
        channel.write(['shipper 1', lie, 'step inspect', 'end 0', ''].join('\n'));
        channel.exit(0);
        channel.end();
      },
    });
    await using site = await siteOn(server);
    const known = { port: String(other.port), 'known-hosts': other.knownHosts };
    for (lie of impossible) {
      const run = await site.run({ command: 'status', ...known });
      assert.deepEqual(
        [run.code, errorsOf(run).map(({ title }) => title)],
        [1, ['Shipper: TARGET']],
        `${lie}\n${logOf(run)}`,
      );
      assert.ok(run.lines.every((line) => !/^\s*::error::/.test(line)));
    }
  });
  for (const [name, facts] of lies) {
    test(`${name} gets no annotation of its own, and no other effect`, async () => {
      await using other = await startSshServer({
        exec: (channel) => {
          channel.write(['shipper 1', ...facts, 'step inspect', 'end 0', ''].join('\n'));
          channel.exit(0);
          channel.end();
        },
      });
      await using site = await siteOn(server);
      const run = await site.run({ command: 'status', port: String(other.port), 'known-hosts': other.knownHosts });
      assert.deepEqual([run.code, errorsOf(run), run.result?.status], [0, [], 'succeeded'], logOf(run));
      assert.ok(run.lines.every((line) => !/^\s*::error/.test(line)));
    });
  }

  test('about an error has it told as its own', async () => {
    const error = ['shipper 1', `error BOGUS ${command} ${command}${command}`, 'end 1', ''].join('\n');
    await using other = await startSshServer({ exec: (channel) => channel.write(error) });
    await using site = await siteOn(server);
    const run = await site.run({ command: 'status', port: String(other.port), 'known-hosts': other.knownHosts });
    assert.deepEqual([run.code, run.annotations.map(({ title }) => title)], [1, ['Shipper: INTERNAL']], logOf(run));
  });
});
