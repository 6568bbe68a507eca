import { posix } from 'node:path';
import type { Report } from './problems.ts';

/** The system's own directories. Nothing of Shipper's may be one of them or, `roomy` ones aside, stand directly in one. */
const system =
  'bin boot dev etc home lib lib32 lib64 libx32 lost+found media mnt opt proc root run sbin srv sys tmp usr var';
const systemDirectories = new Set(system.split(' ').map((name) => `/${name}`));
const roomyDirectories = new Set(['/media', '/mnt', '/opt', '/srv']);

/** A path on the target, made absolute. Where there is no base directory, it must be absolute itself. */
export function targetPath(text: string, subject: string, base: string | undefined, report: Report): string | null {
  if (isNoPath(text, subject, report)) return null;
  if (text.startsWith('~')) return report(`${subject} begins with "~", which is not expanded: write the absolute path`);
  if (posix.isAbsolute(text)) return clean(text);
  if (base === undefined) return report(`${subject} must be an absolute path, or "base_dir" must be given`);
  const path = clean(`${base}/${text}`);
  return contains(base, path) ? path : report(`${subject} leaves "base_dir" by ".."`);
}

/** A path inside a revision, made plain: without `.`, doubled or final slashes. `.` is the revision itself. */
export function innerPath(text: string, subject: string, place: string, report: Report): string | null {
  if (isNoPath(text, subject, report)) return null;
  if (text.startsWith('/')) return report(`${subject} must be relative to ${place}`);
  const path = clean(text);
  return path === '..' || path.startsWith('../') ? report(`${subject} leaves ${place} by ".."`) : path;
}

/** A path of the runner's side, where `\` counts as `/`. */
export function workspacePath(text: string, subject: string, place: string, report: Report): string | null {
  const path = text.replaceAll('\\', '/');
  return /^[a-z]:/i.test(path)
    ? report(`${subject} must be relative to ${place}`)
    : innerPath(path, subject, place, report);
}

/** Whether a path is or is in a directory; both absolute and clean. */
export function contains(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** Refuses what an unset variable leaves of a path: `/`, a directory of the system. */
export function isRefused(path: string, subject: string, report: Report): boolean {
  const refused = path === '/' || systemDirectories.has(path);
  if (refused)
    report(`${subject} is ${path === '/' ? '"/"' : 'a directory of the system'}: was a variable in it unset?`);
  return refused;
}

/** Refuses a path that stands directly in `/` or in a directory of the system, as `/current` or `/var/revisions`. */
export function refuseSystemChild(path: string, subject: string, report: Report): void {
  const around = posix.dirname(path);
  if (around === '/' || (systemDirectories.has(around) && !roomyDirectories.has(around))) {
    const place = around === '/' ? '"/"' : 'a directory of the system';
    report(`${subject} stands directly in ${place}: was a variable in it unset?`);
  }
}

function clean(path: string): string {
  const plain = posix.normalize(path);
  return plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain;
}

/** Bytes that the path of a system call has at most, on every system that Shipper knows. */
const longestPath = 4096;

function isNoPath(text: string, subject: string, report: Report): boolean {
  if (/\p{Cc}/u.test(text)) report(`${subject} has a control character (is a line end at its end?)`);
  else if (Buffer.byteLength(text) > longestPath) report(`${subject} is longer than ${longestPath} bytes`);
  else return false;
  return true;
}
