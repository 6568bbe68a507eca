import type { Report } from './problems.ts';

/** The name of a revision: one plain directory name that is safe in a path, in a log and in a command's arguments. */
export function checkRevision(name: string, subject: string, report: Report): string | null {
  if (name === '') return report(`${subject} must not be empty`);
  if (name.startsWith('.') || name.startsWith('-')) return report(`${subject} must not begin with "${name.charAt(0)}"`);
  if (name.includes('/')) return report(`${subject} must be one plain name, without "/"`);
  if (/[\s\p{C}]/u.test(name)) return report(`${subject} must not have white space or control characters`);
  if (Buffer.byteLength(name) > 200) return report(`${subject} must not be longer than 200 bytes`);
  return name;
}
