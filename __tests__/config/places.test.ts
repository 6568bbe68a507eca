import { type Refusal, testRefusals } from './workspace.ts';

const base = '"base_dir": "/var/www"';

const refusals: readonly Refusal[] = [
  [`{"config": {${base}, "symlinks": {}}, ▸"symlinks": {}}`, '"symlinks" is given twice: here and in "config"'],
  [
    `{"config": {${base}}, "active_symlink": ▸"/current"}`,
    '"active_symlink" stands directly in "/": was a variable in it unset?',
  ],
  [
    '{"config": ▸{}}',
    '"config" needs a "base_dir", or an absolute path in "active_symlink" and in "directories.revisions"',
  ],
  [
    '{"config": ▸{"active_symlink": "/a/current"}}',
    '"config" needs a "base_dir", or an absolute path in "directories.revisions"',
  ],
  [
    '{"config": {"active_symlink": ▸"current", "directories": {"revisions": "/a/revisions"}}}',
    '"active_symlink" must be an absolute path, or "base_dir" must be given',
  ],
  ['{"config": {"base_dir": ▸"www"}}', '"base_dir" must be an absolute path'],
  ['{"config": {"base_dir": ▸"C:\\\\www"}}', '"base_dir" must be an absolute path'],
  ['{"config": {"base_dir": ▸"~/www"}}', '"base_dir" begins with "~", which is not expanded: write the absolute path'],
  ['{"config": {"base_dir": ▸"//"}}', '"base_dir" is "/": was a variable in it unset?'],
  ['{"config": {"base_dir": ▸"/var/"}}', '"base_dir" is a directory of the system: was a variable in it unset?'],
  ['{"config": {"base_dir": ▸"/a/../etc"}}', '"base_dir" is a directory of the system: was a variable in it unset?'],
  ['{"config": {"base_dir": ▸"/var/www\\n"}}', '"base_dir" has a control character (is a line end at its end?)'],
  [`{"config": {${base}, "active_symlink": ▸"../current"}}`, '"active_symlink" leaves "base_dir" by ".."'],
  [
    `{"config": {${base}, "active_symlink": ▸"/var/current"}}`,
    '"active_symlink" stands directly in a directory of the system: was a variable in it unset?',
  ],
  [
    `{"config": {${base}, "directories": {"revisions": ▸"/revisions"}}}`,
    '"directories.revisions" stands directly in "/": was a variable in it unset?',
  ],
  [`{"config": {${base}, "directories": {"share": ▸"/"}}}`, '"directories.share" is "/": was a variable in it unset?'],
  [
    `{"config": {${base}, "directories": {"share": ▸"/etc"}}}`,
    '"directories.share" is a directory of the system: was a variable in it unset?',
  ],
  [
    `{"config": {${base}, "directories": {"share": ▸"/share"}}}`,
    '"directories.share" stands directly in "/": was a variable in it unset?',
  ],
  [
    `{"config": {${base}, "active_symlink": ▸"revisions"}}`,
    '"active_symlink" must not be or be in "directories.revisions"',
  ],
  [
    `{"config": {${base}, "active_symlink": ▸"revisions/a"}}`,
    '"active_symlink" must not be or be in "directories.revisions"',
  ],
  [
    `{"config": {${base}, "directories": {"revisions": ▸"current/revisions"}}}`,
    '"directories.revisions" must not be in the active symlink',
  ],
  [
    `{"config": {${base}, "directories": {"share": ▸"current/share"}}}`,
    '"directories.share" is or is in the active symlink, which is no directory',
  ],
  [
    `{"config": {${base}, "directories": {"own": ▸"revisions/.shipper"}}}`,
    '"directories.own" is in "directories.revisions", which is for revisions alone',
  ],
  [
    `{"config": {${base}, "directories": {"share": ▸"~/share"}}}`,
    '"directories.share" begins with "~", which is not expanded: write the absolute path',
  ],
  [
    `{"config": {${base}, "source_dir": ▸"/var"}}`,
    '"source_dir" holds "directories.revisions", and would be copied into itself',
  ],
  [`{"config": {${base}, "revision": ▸".shipper"}}`, '"revision" must not begin with "."'],
  [`{"config": {${base}, "revision": ▸"-f"}}`, '"revision" must not begin with "-"'],
  [`{"config": {${base}, "revision": ▸"feature/x"}}`, '"revision" must be one plain name, without "/"'],
  [`{"config": {${base}, "revision": ▸"a b"}}`, '"revision" must not have white space or control characters'],
  [`{"config": {${base}, "revision": ▸"${'é'.repeat(101)}"}}`, '"revision" must not be longer than 200 bytes'],
  [`{"config": {${base}, "umask": ▸"700"}}`, '"umask" must leave the owner everything, as "022" does'],
  [`{"config": {${base}, "umask": ▸"1022"}}`, '"umask" must leave the owner everything, as "022" does'],
  [`{"config": {${base}, "symlinks": {▸"../a": "b"}}}`, 'the source of a symlink leaves "base_dir" by ".."'],
  [`{"config": {${base}, "symlinks": {"a": ▸"/b"}}}`, "a symlink's path must be relative to the revision"],
  [`{"config": {${base}, "symlinks": {"a": ▸"b/../../c"}}}`, `a symlink's path leaves the revision by ".."`],
  [
    `{"config": {${base}, "symlinks": {"a": ▸"b/.."}}}`,
    "a symlink's path must be below the revision, not the revision itself",
  ],
  [
    `{"config": {${base}, "symlinks": {"a": "x/y", "b": ▸"./x/"}}}`,
    "a symlink's path is, is in or contains that of another one",
  ],
  [
    `{"config": {${base}, "target": {}, ▸"targets": [{"host": "example.com"}]}}`,
    'give either "target" or "targets", not both',
  ],
  [`{"config": {${base}, "target": {"user": ▸"-oProxyCommand=x"}}}`, '"user" has a user that begins with "-"'],
  [
    `{"config": {${base}, "target": {"proxy_jump": ▸"a,b:0"}}}`,
    'hop 2 of "proxy_jump" must have a port from 1 to 65535',
  ],
  [
    `{"config": {${base}, "target": {"name": ▸"web*"}}}`,
    '"name" must not have "," or "*", begin with "!" or stand in white space',
  ],
  [`{"config": {${base}, "target": {"name": ▸"runner"}}}`, '"runner" is no name for a target: it means the runner'],
];

testRefusals(refusals);
