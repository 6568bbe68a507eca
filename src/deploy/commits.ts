import { git, whyRefused } from '../git.ts';

export interface Commit {
  /** All of its digits. */
  readonly hash: string;
  readonly author: string;
  /** First line of its message. */
  readonly subject: string;
}

/** How the commits of two revisions differ, as far as the checkout has them. */
export interface Commits {
  /** That of the active revision, as it was recorded. */
  readonly from: string;
  readonly to: string;
  /** What comes, newest first. */
  readonly added: readonly Commit[];
  /** What is live now and would be no more, newest first. */
  readonly dropped: readonly Commit[];
  /** Why they are not known, or not all; one sentence. */
  readonly note?: string | undefined;
}

/** Of more commits, these many are read. */
const most = 1_000;

const isHash = (text: string): boolean => /^[0-9a-f]{7,64}$/.test(text);

/**
 * The commits between two, by the checkout in a directory of the runner. `from` may be anything, since a target says it;
 * `to` is a commit, or `HEAD`. Never rejects: what cannot be known becomes the note.
 */
export async function commitsBetween(directory: string, from: string, to: string): Promise<Commits> {
  const unknown = { from, to, added: [], dropped: [] };
  if (!isHash(from) || !(isHash(to) || to === 'HEAD')) {
    return { ...unknown, note: 'no commit is on record: a run in a workflow records it' };
  }
  try {
    for (const commit of [from, to]) await git(directory, 'rev-parse', '--quiet', '--verify', `${commit}^{commit}`);
    const args = ['--left-right', '--format=%m%x00%H%x00%an%x00%s', '-z', `--max-count=${most}`];
    const config = ['-c', 'log.showSignature=false', '-c', 'core.fsmonitor=false'];
    const log = await git(directory, ...config, 'log', '--no-color', ...args, `${from}...${to}`, '--');
    const rows = log.toString().split('\0');
    const [added, dropped] = [marked(rows, '>'), marked(rows, '<')];
    const isCut = dropped.length > 0 && (await isShallow(directory));
    return { from, to, added, dropped, ...(isCut ? { note: shallow } : {}) };
  } catch (error) {
    return { ...unknown, note: await whyUnknown(directory, from, error) };
  }
}

const shallow = 'the checkout is shallow and may have other commits too: give actions/checkout fetch-depth: 0';

function marked(rows: readonly string[], mark: string): readonly Commit[] {
  return rows.flatMap((cell, index) => {
    const [hash = '', author = '', subject = ''] = rows.slice(index + 1, index + 4);
    return index % 4 === 0 && cell === mark ? [{ hash, author, subject }] : [];
  });
}

async function isShallow(directory: string): Promise<boolean> {
  return (await git(directory, 'rev-parse', '--is-shallow-repository')).toString().trim() === 'true';
}

async function whyUnknown(directory: string, from: string, error: unknown): Promise<string> {
  const commit = from.slice(0, 7);
  const fetched = await isShallow(directory).catch((refused: unknown) => whyRefused(refused));
  if (fetched === true)
    return `the checkout does not go back to ${commit}: give actions/checkout fetch-depth: 0 to see the commits`;
  if (typeof fetched === 'string') return `the commits are not known: ${fetched}`;
  const known = await git(directory, 'rev-parse', '--quiet', '--verify', `${from}^{commit}`).catch(() => undefined);
  return known === undefined
    ? `the checkout does not know ${commit}, the commit of the active revision: it is not in what was fetched`
    : `the commits are not known: ${whyRefused(error)}`;
}
