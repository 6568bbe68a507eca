import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { findProgram, run } from '../rig/program.ts';
import { startSshd } from '../rig/sshd.ts';
import { printedIn, type Site, siteOn, warningsOf } from './site.ts';

/** One server; its account is made anew for each row. */
const server = await startSshd({ shell: 'bash', startup: '[ ! -r ~/account ] || . ~/account' });
after(async () => server[Symbol.asyncDispose]());
const home = (await run('getent', ['passwd', server.user])).split(':')[5] ?? '';

/** Gives the account a program as its `sh`, and these lines in the start-up file of its login shell, which is bash. */
async function become(shell: string, lines: string): Promise<void> {
  await rm(join(home, 'bin'), { recursive: true, force: true });
  await mkdir(join(home, 'bin'));
  await symlink(await findProgram(shell, packageOf[shell] ?? shell), join(home, 'bin/sh'));
  await writeFile(join(home, 'account'), `PATH=$HOME/bin:$PATH\n${lines}\n`);
}

const packageOf: Readonly<Record<string, string>> = { ksh93: 'ksh93u+m' };

const files = {
  'site/a b/index.html': 'hello',
  "site/it's $(id)": 'a quote',
  'site/new\nline': 'odd',
  'site/back\\slash': 'odd too',
  'site/ümläut': 'two bytes',
  'site/-rf': 'an option',
  'site/*': 'a star',
  'site/.dot': 'hidden',
  'site/run': { program: '#!/bin/sh\n' },
  'site/link': { link: 'a b/index.html' },
  'site/long': '0123456789'.repeat(2_000),
  ...Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`site/many/${index}`, `${index}`])),
};

/** As long as the time limit for input where the account has set one. */
const listing = { run: 'sleep "${TMOUT-0}"; echo -r* [*] a*' };
const events = { 'after:create_revision': [{ upload: 'site' }, listing] };

/** Two deploys, of which the second changes, moves and removes; then back. */
async function job(site: Site): Promise<void> {
  const { path } = site.workspace;
  const same = async (): Promise<string> =>
    site.sh(`exec 2>&1; diff -r --no-dereference '${path}/site' current/; find current/ -type f -perm 755`);
  const first = await site.succeed({ revision: 'v1' });
  assert.deepEqual([warningsOf(first), printedIn(first)], [[], ['-rf * a b']]);
  assert.equal(await same(), 'current/run');
  const change = 'cd site && mv many more && rm more/1 && echo changed >more/2 && mv ümläut äther';
  await run('sh', ['-c', change], path);
  assert.deepEqual(warningsOf(await site.succeed({ revision: 'v2' })), []);
  assert.equal(await same(), 'current/run');
  await site.succeed({ command: 'rollback' });
  assert.equal(await site.active(), 'v1');
}

const variables =
  "TAR_OPTIONS='-v --no-such' GZIP=-v ZSTD_CLEVEL=19 POSIXLY_CORRECT=1 CDPATH=/tmp:/ ENV=/nowhere BASH_ENV=/nowhere " +
  "LS_COLORS='di=1' GREP_OPTIONS=--color=always IFS=/ QUOTING_STYLE=c CLICOLOR_FORCE=1 BLOCKSIZE=7 BLOCK_SIZE=7 " +
  'DF_BLOCK_SIZE=9 TMPDIR=/nowhere LANG=xx_YY.UTF-8 TAPE=/nowhere VERSION_CONTROL=numbered OPENSSL_CONF=/nowhere ' +
  "COLUMNS=1 TZ=nowhere OLDPWD=/ PWD=/tmp FUNCNEST=3 BASH_COMPAT=31 GLOBIGNORE='*' TMOUT=1 OPTIND=7 PS4=x";
const options =
  'set -o noclobber -o errexit -o xtrace -o verbose -o noglob -o allexport -o keyword -o physical -o pipefail -o monitor';
const shellOptions = 'shopt -s nullglob failglob dotglob nocaseglob nocasematch xpg_echo lastpipe';
const functions = 'tar cat find mv rm ls awk cp mkdir xargs ln date id chmod sort'.split(' ');

const right: readonly (readonly [string, string, string])[] = [
  ['variables that its tools and bash heed', 'bash', `export ${variables}`],
  ['options of bash that are exported', 'bash', `export SHELLOPTS BASHOPTS; ${options}; ${shellOptions}`],
  [
    'functions of bash that are exported, in place of its tools',
    'bash',
    `for f in ${functions.join(' ')}; do eval "$f() { echo mine; return 3; }; export -f $f"; done
     cd() { builtin cd "$@" && ls; }; export -f cd`,
  ],
  ['ksh93 as its sh', 'ksh93', ''],
  ['zsh as its sh', 'zsh', ''],
];

describe('uploads, commands and rollbacks are right for an account that has', () => {
  for (const [name, shell, lines] of right) {
    test(name, async () => {
      await become(shell, lines);
      await using site = await siteOn(server, { files, events });
      await job(site);
    });
  }
});

const named: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'a start-up file that reads a line of what comes in',
    'bash',
    'read -t 0.2 -r line || :',
    /LISTENER: .*a start-up file of the account reads stdin, and so took what the command needs/s,
  ],
  ['no room for any file', 'dash', 'ulimit -f 0', /TARGET: .*cannot write to .* limit of file size \(ulimit -f\)/],
  ['room for small files only', 'dash', 'ulimit -f 8', /UPLOAD: .*limit of file size \(ulimit -f\)/s],
  [
    'no more processes',
    'dash',
    'ulimit -u 1',
    /TARGET: .*may start no more processes there: .*`ulimit -u`.*Cannot fork/,
  ],
  ['no memory', 'dash', 'ulimit -v 4000', /TARGET: .*no more memory for the account: .*`ulimit -v`/],
  ['yash as its sh', 'yash', '', /TARGET: .*sh, which is yash, loses what is not ASCII: .* such as dash/],
  ['posh as its sh', 'posh', '', /TARGET: .*sh is posh, which does not wait for what it has started: .* such as dash/],
];

describe('it is told what is wrong, and nothing is left behind, where an account has', () => {
  for (const [name, shell, lines, says] of named) {
    test(name, async () => {
      await become(shell, lines);
      await using site = await siteOn(server, { files, events });
      const failed = await site.run({ revision: 'v1' });
      const { error } = failed.result?.targets[0] ?? {};
      assert.match(`${error?.code ?? ''}: ${error?.message ?? failed.stdout}`, says);
      assert.deepEqual(warningsOf(failed), []);
      const left = 'find . ! -type d ! -path "./revisions/.shipper/*"; ls revisions/.shipper/runs 2>/dev/null || :';
      assert.equal(await site.sh(left), '');
    });
  }
});
