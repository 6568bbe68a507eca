import { ShipperError } from '../errors.ts';
import { type LinkEntry, showPath } from './entry.ts';

/** Links that lead to links, at most; as many as Linux follows. */
const mostHops = 40;

/** Throws UPLOAD for a link that leads out of the uploaded directory, by itself or by the links on its way. */
export function refuseEscapes(prefix: string, links: readonly LinkEntry[]): void {
  const texts = new Map(links.map(({ path, text }) => [path.slice(prefix.length), text]));
  for (const { path, text } of links) {
    const inUpload = path.slice(prefix.length);
    const problem = leadsOut(inUpload, texts);
    if (problem === undefined) continue;
    throw new ShipperError(
      'UPLOAD',
      `the symlink ${showPath(inUpload)} → ${showPath(text)} ${problem}: upload what it leads to, or exclude it`,
    );
  }
}

function leadsOut(link: string, texts: ReadonlyMap<string, string>): string | undefined {
  const todo = link.split('/').reverse();
  let here: string[] = [];
  for (let hops = 0; todo.length > 0;) {
    const part = todo.pop();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (here.length === 0) return 'leads out of the uploaded directory';
      here = here.slice(0, -1);
      continue;
    }
    const text = texts.get([...here, part].join('/'));
    if (text === undefined) {
      here = [...here, part];
      continue;
    }
    if (text.startsWith('/') || /^[a-z]:/i.test(text)) return 'is absolute, and leads out of the uploaded directory';
    hops += 1;
    if (hops > mostHops) return undefined; // A circle leads nowhere.
    todo.push(...text.split('/').reverse());
  }
  return undefined;
}
