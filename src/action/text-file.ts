import { readFileSync } from 'node:fs';

/** The text of a file in UTF-8, or in UTF-16 with a byte order mark: `>` in Windows PowerShell writes that. */
export function readTextFile(path: string): string {
  const bytes = readFileSync(path);
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}
