import type { Problem } from '../errors.ts';
import { findInWorkspace } from '../workspace.ts';
import { readTextFile } from './text-file.ts';

/**
 * What the input known-hosts means: the lines themselves, or the content of a file in the workspace. Every host key
 * in base64 begins with AAAA, so one line without it is a path, unless it is a fingerprint: that is for others to
 * refuse. What can't be read becomes one of the problems.
 */
export function knownHostsText(value: string, workspace: string, problems: Problem[]): string {
  if (value.includes('\n') || /\sAAAA|\b(?:SHA256|MD5):/.test(value)) return value;
  const read = readInWorkspace(workspace, value);
  if ('text' in read) return read.text;
  problems.push({
    message: `input "known-hosts": is neither known_hosts lines (host, type, key) nor a file in the workspace: it ${read.problem}`,
  });
  return value;
}

/** What the input certificate means: the text itself, which has its type or is base64 of all of it; or a file's content. */
export function certificateText(value: string, workspace: string, problems: Problem[]): string {
  if (/\s|^[A-Za-z0-9+/]{100,}=*$/.test(value)) return value;
  const read = readInWorkspace(workspace, value);
  if ('text' in read) return read.text;
  problems.push({
    message: `input "certificate": is neither a certificate (ssh-ed25519-cert-v01@openssh.com AAAA…) nor a file in the workspace: it ${read.problem}`,
  });
  return value;
}

/** The text of a file of the workspace; or why it cannot be had, as the end of a sentence that begins with its name. */
function readInWorkspace(workspace: string, path: string): { readonly text: string } | { readonly problem: string } {
  const found = findInWorkspace(workspace, path);
  if ('problem' in found) return found;
  try {
    return { text: readTextFile(found.path) };
  } catch (error) {
    return { problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}
