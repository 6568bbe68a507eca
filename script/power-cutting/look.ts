import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What stands on the disk of a machine that has booted, read without Shipper. */
export interface Site {
  /** Name of the revision that the active symlink leads to; empty where there is none. */
  readonly active: string;
  /** Every directory in `revisions`, and its files by their paths, each with its SHA-256 or where its link leads. */
  readonly revisions: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Every other file of the site, likewise. */
  readonly others: ReadonlyMap<string, string>;
  /** States of the revisions by the journal: its last word on each. */
  readonly states: ReadonlyMap<string, string>;
  /** What a run that is over must not leave: the lock, directories of runs, links beside the active one. */
  readonly left: readonly string[];
}

export interface Way {
  readonly port: number;
  readonly keyFile: string;
}

export const base = '/site/www';
const own = 'revisions/.shipper';
const script = `cd ${base} || exit 1
find . -type l -printf 'link %P\\0%l\\0'
find . -type f ! -path './${own}/*' -exec sha256sum -z {} + | sed -z 's/^/file /'
find revisions -mindepth 1 -maxdepth 1 -type d ! -name .shipper -printf 'revision %f\\0'
find . ${own}/lock ${own}/runs -mindepth 0 -maxdepth 1 \\( -path './.shipper*' -o -path '${own}/lock' -o -path '${own}/runs/*' \\) -printf 'left %P of %H\\0' 2>/dev/null
printf 'journal '
cat ${own}/journal 2>/dev/null
printf '\\0'`;

/** Runs a script as root on the machine; rejects where it fails. */
export async function onMachine(way: Way, text: string): Promise<string> {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'ConnectTimeout=60'];
  const { stdout } = await execute(
    'ssh',
    [
      ...['-n', '-p', String(way.port), '-i', way.keyFile, ...options.flatMap((option) => ['-o', option])],
      ...['root@127.0.0.1', text],
    ],
    { maxBuffer: 64 * 1024 * 1024, timeout: 300_000, encoding: 'latin1' },
  );
  return stdout;
}

export async function look(way: Way): Promise<Site> {
  const words = (await onMachine(way, script)).split('\0');
  const revisions = new Map<string, Map<string, string>>();
  const others = new Map<string, string>();
  const left: string[] = [];
  let active = '';
  let journal = '';
  for (const word of words) if (word.startsWith('revision ')) revisions.set(word.slice(9), new Map());
  const note = (path: string, what: string): void => {
    const [, name = '', inner = ''] = /^revisions\/([^/]+)\/(.*)$/s.exec(path) ?? [];
    (revisions.get(name) ?? others).set(revisions.has(name) ? inner : path, what);
  };
  for (let index = 0; index < words.length; index += 1) {
    const [, kind = '', rest = ''] = /^(link|file|left|journal) (.*)$/s.exec(words[index] ?? '') ?? [];
    if (kind === 'journal') journal = rest;
    if (kind === 'left') left.push(rest);
    if (kind === 'file') note(rest.slice(66).replace(/^\.\//, ''), rest.slice(0, 64));
    if (kind !== 'link') continue;
    const to = words[(index += 1)] ?? '';
    if (rest === 'current') active = to.replace(`${base}/revisions/`, '');
    else if (!rest.startsWith(`${own}/`) && !rest.startsWith('.shipper')) note(rest, `-> ${to}`);
  }
  return { active, revisions, others, left, states: statesOf(journal) };
}

/** A line that does not end in a full stop was torn, and counts as none. */
function statesOf(journal: string): ReadonlyMap<string, string> {
  const states = new Map<string, string>();
  for (const line of journal.split('\n')) {
    const [event = '', name = '', ...more] = line.split(' ');
    if (more.length < 7 || more.at(-1) !== '.') continue;
    if (event === 'created') states.set(name, 'unfinished');
    if (['prepared', 'completed', 'bad', 'purged'].includes(event)) states.set(name, event);
    if (event === 'returned' && states.get(name) === 'unfinished') states.set(name, 'bad');
    if (event === 'cleared' && states.get(name) === 'bad') states.set(name, 'completed');
  }
  return states;
}
