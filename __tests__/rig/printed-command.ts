import assert from 'node:assert/strict';
import { run } from './program.ts';

/** The command that a message tells a person to run on the server: all that follows these words. */
export function printedCommand(message: string): string {
  const [, command] = /on the server: (.+)$/s.exec(message) ?? [];
  assert.ok(command !== undefined, `a command for the server: ${message}`);
  return command;
}

/** Runs it as printed, by a person who has sudo: here root, who needs none. */
export async function runPrinted(message: string): Promise<void> {
  await run('/bin/sh', ['-c', `sudo() { "$@"; }; ${printedCommand(message)}`]);
}
